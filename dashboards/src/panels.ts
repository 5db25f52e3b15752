// The few kinds of panels that there are. A panel has a title, says what it shows and for whom, has a unit and at least one query.

import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';

export interface About {
  title: string;
  about: string;
  unit: string;
  /** Legend → query. Of a table the legend is the column, of one number it may be empty. */
  queries: Record<string, string>;
  /** Grafana's grid is 24 wide. */
  span?: number;
  height?: number;
  thresholds?: Thresholds;
  mappings?: dashboard.ValueMapping[];
  decimals?: number;
  min?: number;
  max?: number;
  noValue?: string;
  links?: dashboard.DashboardLinkBuilder[];
}

/** The colour from each value on; the first has none. */
export type Thresholds = [string, ...[number, string][]];

/** One number, or a few. */
export function number(it: About): Stat {
  const panel = new Stat()
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  return described(panel, { span: 4, height: 4, ...it }, (query) => query.instant());
}

/** Lines over time, with the thresholds drawn where there are any. */
export function lines(it: About): TimeSeries {
  const panel = new TimeSeries()
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Auto)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull']),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending));
  if (it.thresholds) {
    panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  return described(panel, { span: 12, height: 8, ...it }, (query) => query.range());
}

/** States over time, a row for each. */
export function states(it: About): StateTimeline {
  const panel = new StateTimeline()
    .showValue(common.VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.85)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    );
  return described(panel, { span: 24, height: 8, ...it }, (query) => query.range());
}

export interface Column {
  /** As it is called in the query's answer: a label, or “Value #REF”. */
  from: string;
  title: string;
  unit?: string;
  mappings?: dashboard.ValueMapping[];
  links?: dashboard.DashboardLinkBuilder[];
}

/** A row for each set of labels, joined over all queries; only the columns that are named. */
export function table(it: About & { columns: Column[]; sortBy?: [string, 'up' | 'down'] }): Table {
  const { columns, sortBy } = it;
  const shown = Object.fromEntries(columns.map(({ from, title }) => [from, title]));
  const panel = new Table()
    .showHeader(true)
    .cellHeight(common.TableCellHeight.Sm)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: Object.keys(shown) } } })
    .withTransformation({
      id: 'organize',
      options: {
        renameByName: shown,
        indexByName: Object.fromEntries(columns.map(({ from }, at) => [from, at])),
      },
    });
  for (const { title, unit, mappings, links } of columns) {
    const properties: dashboard.DynamicConfigValue[] = [];
    if (unit) properties.push({ id: 'unit', value: unit });
    if (mappings) {
      properties.push({ id: 'mappings', value: mappings });
      properties.push({ id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorBackground } });
    }
    if (links) properties.push({ id: 'links', value: links.map((link) => link.build()) });
    if (properties.length > 0) panel.overrideByName(title, properties);
  }
  if (sortBy) {
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy[0]).desc(sortBy[1] === 'down')]);
  }
  return described(panel, { span: 24, height: 9, ...it }, (query) =>
    query.instant().format(prometheus.PromQueryFormat.Table),
  );
}

type Panel = Stat | StateTimeline | Table | TimeSeries;

function described<P extends Panel>(
  panel: P,
  it: About,
  kind: (query: prometheus.DataqueryBuilder) => prometheus.DataqueryBuilder,
): P {
  panel.title(it.title).description(it.about).unit(it.unit).datasource(source).span(it.span ?? 12).height(it.height ?? 8);
  const queries = Object.entries(it.queries);
  for (const [at, [legend, expr]] of queries.entries()) {
    const query = new prometheus.DataqueryBuilder()
      .datasource(source)
      .refId(String.fromCharCode('A'.charCodeAt(0) + at))
      .expr(expr)
      .legendFormat(legend || it.title);
    panel.withTarget(kind(query));
  }
  if (it.thresholds) {
    const [first, ...steps] = it.thresholds;
    panel.thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps([{ value: null, color: first }, ...steps.map(([value, color]) => ({ value, color }))]),
    );
  } else {
    panel.thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps([{ value: null, color: it.mappings ? 'text' : 'blue' }]),
    );
  }
  if (it.mappings) panel.mappings(it.mappings);
  if (it.decimals !== undefined) panel.decimals(it.decimals);
  if (it.min !== undefined) panel.min(it.min);
  if (it.max !== undefined) panel.max(it.max);
  if (it.noValue !== undefined) panel.noValue(it.noValue);
  if (it.links) panel.dataLinks(it.links);
  return panel;
}

const source: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
