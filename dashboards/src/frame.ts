// What all dashboards have in common: variables, links among them, times.

import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** The dashboards, by the names that links use. */
export type Uid = 'siaga-fleet' | 'siaga-room' | 'siaga-network' | 'siaga-server' | 'siaga-gate';

export function frame(uid: Uid, title: string, about: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags(['siaga'])
    .timezone('browser')
    .time({ from: 'now-24h', to: 'now' })
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .annotations([])
    .link(
      new DashboardLinkBuilder('Siaga')
        .type(DashboardLinkType.Dashboards)
        .tags(['siaga'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus').description('Which Prometheus is asked'),
    );
}

/** One or more sites, or all. */
export const site = () =>
  asked('site', 'Site', 'Which sites are shown', 'label_values(siaga_ready{room!=""}, site)').multi(true).includeAll(true).allValue('.*').current({ text: 'All', value: '$__all' });

/** One room. */
export const room = () =>
  asked('room', 'Room', 'Which room is shown', 'label_values(siaga_ready{room!="",site=~"$site"}, room)');

/** One profile. */
export const profile = () =>
  asked('profile', 'Profile', 'What rooms are held against', 'label_values(siaga_ready{room!=""}, profile)').current({
    text: 'minimum',
    value: 'minimum',
  });

/** One probe server, by the address at which it is scraped. */
export const server = () =>
  asked('server', 'Server', 'Which probe server is shown', 'label_values(siaga_server_rooms_known, instance)');

function asked(name: string, label: string, about: string, query: string): QueryVariableBuilder {
  const source: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
  return new QueryVariableBuilder(name)
    .label(label)
    .description(about)
    .datasource(source)
    .query({ qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** From a line with the label `room` to that room. */
export const toRoom = () => link('${__field.labels.room}');

/** The same from a row of a table, by its column. */
export const toRoomOfRow = (column: string) => link(`\${__data.fields["${column}"]}`);

// Every dashboard that links to a room has these variables.
const link = (room: string) =>
  new DashboardLinkBuilder('Show this room')
    .type(DashboardLinkType.Link)
    .url(`/d/siaga-room?var-room=${room}&\${datasource:queryparam}&\${site:queryparam}&\${profile:queryparam}&\${__url_time_range}`);
