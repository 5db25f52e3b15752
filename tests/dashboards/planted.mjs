// That faults of dashboards are found: each is made in a copy of what is shipped, and has to be told, by its name.

const panel = (all, uid, title) => all.find((it) => it.uid === uid).panels.find((it) => it.title === title);
const upload = (all) => panel(all, 'siaga-room', 'Upload');
const overTime = (all) => panel(all, 'siaga-fleet', 'Verdict over time');
const rooms = (all) => panel(all, 'siaga-fleet', 'Rooms, worst first');
const link = (all) => overTime(all).fieldConfig.defaults.links[0];

/** What is told → what makes it so. */
const PLANTED = {
  'no description': (all) => { all[0].description = ''; },
  'no way to the others': (all) => { all[0].links = []; },
  'two panels have one title': (all) => { all[0].panels[0].title = all[0].panels[1].title; },
  'there is no such panel, but something is expected of it': (all) => { all[0].panels.pop(); },
  'a variable without label or description': (all) => { all[0].templating.list[0].label = ''; },
  'a panel needs a title, a description and a unit': (all) => { delete upload(all).fieldConfig.defaults.unit; },
  'a panel without a query': (all) => { upload(all).targets = []; },
  'it asks a data source that nobody chose': (all) => { upload(all).targets[0].datasource.uid = 'siaga'; },
  'there is no variable house': (all) => { upload(all).targets[0].expr += ' or x{house="$house"}'; },
  'a rate is not shown in Mbit/s': (all) => { upload(all).targets[0].expr = upload(all).targets[0].expr.replace(' * 8 / 1e6', ''); },
  'its thresholds are 10, not 10 20': (all) => { upload(all).fieldConfig.defaults.thresholds.steps.pop(); },
  'its thresholds are not drawn': (all) => { upload(all).fieldConfig.defaults.custom.thresholdsStyle.mode = 'off'; },
  'it shows rooms and leads to none': (all) => { rooms(all).fieldConfig.overrides = []; },
  'a link leads to /d/siaga-house?x': (all) => { link(all).url = '/d/siaga-house?x'; },
  'siaga-room has no variable house': (all) => { link(all).url += '&var-house=1'; },
  'the link needs house, which is not here': (all) => { link(all).url += '&${house:queryparam}'; },
  'the link forgets profile': (all) => { link(all).url = link(all).url.replace('&${profile:queryparam}', ''); },
  'the link forgets the time': (all) => { link(all).url = link(all).url.replace('&${__url_time_range}', ''); },
};

/** Faults that were made and are not told. */
export function* missed(dashboards) {
  for (const [told, spoil] of Object.entries(PLANTED)) {
    const all = structuredClone(dashboards.all);
    spoil(all);
    if (![...dashboards.faults(all)].some((fault) => fault.endsWith(`: ${told}`))) yield `planted, and not found: ${told}`;
  }
}
