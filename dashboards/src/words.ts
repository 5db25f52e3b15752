// Numbers that stand for states, and their words and colours. A colour never stands alone.

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

export const GOOD = 'green';
export const FAIR = 'yellow';
export const BAD = 'red';
export const DARK = 'purple';
export const CALM = 'blue';

/** siaga:room_verdict. */
export const VERDICT = words({ 2: ['ready', GOOD], 1: ['unknown', DARK], 0: ['not ready', BAD] });

/** siaga:room_check. */
export const CHECK = words({
  4: ['ok', GOOD],
  3: ['warning', FAIR],
  2: ['in use', CALM],
  1: ['unknown', DARK],
  0: ['failed', BAD],
});

/** 1 is as it should be. */
export const yes = (good: string, bad: string) => words({ 1: [good, GOOD], 0: [bad, BAD] });

/** 0 is as it should be. */
export const no = (good: string, bad: string) => words({ 0: [good, GOOD], 1: [bad, BAD] });

/** Neither is worse. */
export const either = (one: string, zero: string) => words({ 1: [one, CALM], 0: [zero, 'text'] });

function words(states: Record<number, [string, string]>): dashboard.ValueMapping[] {
  const options = Object.fromEntries(
    Object.entries(states).map(([value, [text, color]], index) => [value, { text, color, index }]),
  );
  return [{ type: dashboard.MappingType.ValueToText, options }];
}
