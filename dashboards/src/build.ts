// Writes the dashboards: npm run build [-- DIRECTORY]

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

import { fleet } from './fleet';
import { gate } from './gate';
import { network } from './network';
import { room } from './room';
import { server } from './server';

const to = process.argv[2] ?? 'grafana/provisioning/dashboards/siaga';

for (const builder of [fleet(), room(), network(), server(), gate()]) {
  const it = numbered(builder);
  writeFileSync(join(to, `${it.uid}.json`), JSON.stringify(it, null, 2) + '\n');
}

/** Panels are linked to by their number, which must not change from build to build. */
function numbered(builder: DashboardBuilder) {
  const it = builder.build();
  it.panels?.forEach((panel, at) => (panel.id = at + 1));
  return it;
}
