// Holds the built dashboards against the types of Grafana's SDK: writes them as typed TypeScript for tsc to judge. A key that the SDK
// does not know, a value that it does not have or one that is missing is an error there.
//
//   node check.mjs && tsc --noEmit --project build/check

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const built = 'grafana/provisioning/dashboards/siaga';
const to = 'build/check';
mkdirSync(to, { recursive: true });

const PLUGINS = ['stat', 'statetimeline', 'table', 'timeseries'];
const head = `// Written by check.mjs.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
${PLUGINS.map((name) => `import type * as ${name} from '@grafana/grafana-foundation-sdk/${name}';`).join('\n')}

type AnyFunction = (...of: never[]) => unknown;
/** What a value of the SDK looks like in JSON: no functions, and of enumerations their values. */
type Json<T> = T extends AnyFunction ? never
  : T extends string ? \`\${T}\`
  : T extends readonly (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T as T[K] extends AnyFunction ? never : K]: Json<T[K]> }
  : T;
type Options = { ${PLUGINS.map((name) => `'${name}': ${name}.Options`).join('; ')} };
type Custom = { 'stat': never; ${PLUGINS.slice(1).map((name) => `'${name}': ${name}.FieldConfig`).join('; ')} };
`;

for (const file of readdirSync(built)) {
  const dashboard = JSON.parse(readFileSync(join(built, file), 'utf8'));
  const lines = [head, typed('Json<Dashboard>', dashboard)];
  for (const { type, options, targets, fieldConfig } of dashboard.panels) {
    // Plugins are named with dashes where the SDK has none.
    const plugin = type.replaceAll('-', '');
    if (!PLUGINS.includes(plugin)) throw new Error(`${file}: no types are known of the panel “${type}”`);
    lines.push(typed(`Json<Options['${plugin}']>`, options));
    if (fieldConfig.defaults.custom) lines.push(typed(`Partial<Json<Custom['${plugin}']>>`, fieldConfig.defaults.custom));
    for (const target of targets) lines.push(typed('Json<Dataquery>', target));
  }
  writeFileSync(join(to, file.replace('.json', '.ts')), lines.join('\n'));
}

const base = JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions;
const compilerOptions = { ...base, noUnusedLocals: false, rootDir: '.', outDir: undefined, noEmit: true };
writeFileSync(join(to, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));

function typed(type, value) {
  typed.count = (typed.count ?? 0) + 1;
  return `export const it${typed.count}: ${type} = ${JSON.stringify(value)};`;
}
