// The gate audited: what it decided, who decided otherwise, and how right it was.

import { frame, profile, site, toRoomOfRow } from './frame';
import { lines, number, table } from './panels';
import { BAD, CALM, GOOD, yes } from './words';

const within = (metric: string, by: string) => `sum by (${by}) (increase(${metric}[$__range]))`;
const ofSite = '* on (room) group_left (site) (max by (room, site) (siaga_room_online{site=~"$site"}) * 0 + 1)';

export const gate = () =>
  frame('siaga-gate', 'Siaga: gate audit', 'Decisions, reviews, withdrawals, letters, and what became of the meetings.')
    .withVariable(site())
    .withVariable(profile())
    .withPanel(number({
      title: 'Reviews waiting',
      about: 'Bookings that a person has to look at, whose meeting is not over.',
      unit: 'none',
      queries: { '': 'sum(siaga_reviews_waiting)' },
      thresholds: [GOOD, [1, 'yellow']],
    }))
    .withPanel(number({
      title: 'Reviews overdue',
      about: 'Those that have waited longer than the one day of the procedure.',
      unit: 'none',
      queries: { '': 'sum(siaga_reviews_overdue)' },
      thresholds: [GOOD, [1, BAD]],
    }))
    .withPanel(number({
      title: 'Precision',
      about: 'Of the meetings that were approved and whose outcome was told, the share that went well.',
      unit: 'percentunit',
      queries: { '': 'sum(siaga_meetings{approved="true",outcome="ok"}) / (sum(siaga_meetings{approved="true"}) > 0)' },
      thresholds: [BAD, [0.9, 'yellow'], [0.97, GOOD]],
      noValue: 'nothing told yet',
    }))
    .withPanel(number({
      title: 'Decided by a person',
      about: "Bookings, of all that are kept, that a person decided in the gate's place.",
      unit: 'none',
      queries: { '{{decision}}': 'sum by (decision) (siaga_bookings_overridden)' },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Entries in the log',
      about: 'Every decision, override and withdrawal is one. It only grows.',
      unit: 'none',
      queries: { '': 'sum(siaga_audit_entries)' },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Bookings readable',
      about: 'While they are not, every question is answered with 503.',
      unit: 'none',
      queries: { '': 'min(siaga_bookings_readable)' },
      mappings: yes('yes', 'no'),
    }))
    .withPanel(lines({
      title: 'Decisions within the time shown',
      about: 'A withdrawal counts as a review.',
      unit: 'none',
      queries: { '{{decision}}': within('siaga_bookings_total', 'decision') },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Approvals that changed',
      about: 'Withdrawn: the room failed a check before the meeting. Unconfirmed: it could not be checked. Confirmed: after that it could.',
      unit: 'none',
      queries: { '{{to}}': within('siaga_approvals_changed_total', 'to') },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Checks before meetings',
      about: 'By stage (the day before, 150 and 15 minutes before) and by how they ended.',
      unit: 'none',
      queries: { '{{stage}}: {{ended}}': within('siaga_prechecks_total', 'stage, ended') },
      min: 0,
    }))
    .withPanel(lines({
      title: 'What became of meetings',
      about: 'Outcomes that were told, of meetings that were approved and of those that were not.',
      unit: 'none',
      queries: { '{{outcome}}, approved: {{approved}}': 'sum by (approved, outcome) (siaga_meetings)' },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Letters to the booking system',
      about: 'Attempts to deliver within the time shown, letters that wait, and those that were given up in the last 30 days.',
      unit: 'none',
      queries: {
        'attempt: {{result}}': within('siaga_webhook_attempts_total', 'result'),
        waiting: 'sum(siaga_webhook_waiting)',
        'given up': 'sum(siaga_webhook_given_up)',
      },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Age of the oldest letter',
      about: 'How long the booking system has not known something. Line: half an hour.',
      unit: 's',
      queries: { oldest: '(time() - (siaga_webhook_oldest_timestamp_seconds > 0)) or siaga_webhook_oldest_timestamp_seconds == 0' },
      thresholds: [GOOD, [1800, BAD]],
      min: 0,
    }))
    .withPanel(table({
      title: 'Next meetings',
      about: 'The next approved meeting of each room within a week, and whether the room is ready for it now.',
      unit: 'none',
      queries: {
        'Begins in': `siaga:next_booking_in_seconds ${ofSite}`,
        'Ready now': `max by (room) (siaga_next_booking_ready) ${ofSite}`,
      },
      columns: [
        { from: 'room', title: 'Room', links: [toRoomOfRow('Room')] },
        { from: 'site', title: 'Site' },
        { from: 'Value #A', title: 'Begins in', unit: 's' },
        { from: 'Value #B', title: 'Ready now', mappings: yes('yes', 'no') },
      ],
      sortBy: ['Begins in', 'up'],
    }));
