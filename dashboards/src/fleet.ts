// All rooms: who is ready, who is not, and which meetings that concerns.

import { frame, profile, site, toRoom, toRoomOfRow } from './frame';
import { lines, number, states, table } from './panels';
import { BAD, CALM, DARK, GOOD, VERDICT, either, yes } from './words';

const verdict = 'siaga:room_verdict{site=~"$site",profile="$profile"}';
const ofSite = 'and on (room) siaga:room_verdict{site=~"$site",profile="$profile"}';
const soon = 'siaga:next_booking_in_seconds < 86400';

const count = (series: string) => `count(${series}) or vector(0)`;

const up = 'min by (room, site) (siaga_probe_delivered_bytes_per_second{site=~"$site",mode="gate",direction="up"}) * 8 / 1e6';
const down = 'min by (room, site) (siaga_probe_delivered_bytes_per_second{site=~"$site",mode="gate",direction="down"}) * 8 / 1e6';

export const fleet = () =>
  frame('siaga-fleet', 'Siaga: fleet', 'All rooms, worst first; a row leads to its room.')
    .withVariable(site())
    .withVariable(profile())
    .withPanel(number({
      title: 'Ready',
      about: 'Rooms that are granted the profile now, on fresh evidence.',
      unit: 'none',
      queries: { '': count(`${verdict} == 2`) },
      thresholds: [GOOD],
    }))
    .withPanel(number({
      title: 'Not ready',
      about: 'Rooms of which at least one check failed.',
      unit: 'none',
      queries: { '': count(`${verdict} == 0`) },
      thresholds: ['text', [1, BAD]],
    }))
    .withPanel(number({
      title: 'Unknown',
      about: 'Rooms of which too little is known. At night most of them are switched off, which is nothing to worry about.',
      unit: 'none',
      queries: { '': count(`${verdict} == 1`) },
      thresholds: ['text', [1, DARK]],
    }))
    .withPanel(number({
      title: 'Heard',
      about: 'Rooms whose link to the probe server stands.',
      unit: 'none',
      queries: { '': count('siaga_room_online{site=~"$site"} == 1') },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Booked within a day',
      about: 'Rooms with an approved meeting that begins within 24 hours.',
      unit: 'none',
      queries: { '': count(`${soon} ${ofSite}`) },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Booked and not ready',
      about: 'Of these, the rooms that are not ready for their meeting now. One that is switched off counts too, and becomes urgent 150 minutes before.',
      unit: 'none',
      queries: { '': count(`siaga_next_booking_ready == 0 and on (room) ${soon} ${ofSite}`) },
      thresholds: [GOOD, [1, BAD]],
    }))
    .withPanel(table({
      title: 'Rooms, worst first',
      about: 'How each room stands, when it was last heard, and its next approved meeting within a week. Choose a room to see why.',
      unit: 'none',
      queries: {
        Verdict: `max by (room, site) (${verdict})`,
        Heard: 'max by (room, site) (siaga_room_online{site=~"$site"})',
        'Last report': 'max by (room, site) (siaga_room_last_report_age_seconds{site=~"$site"})',
        'Next meeting in': `siaga:next_booking_in_seconds * on (room) group_left (site) (siaga:room_verdict{site=~"$site",profile="$profile"} * 0 + 1)`,
        'Ready for it': `max by (room) (siaga_next_booking_ready) * on (room) group_left (site) (siaga:room_verdict{site=~"$site",profile="$profile"} * 0 + 1)`,
      },
      columns: [
        { from: 'room', title: 'Room', links: [toRoomOfRow('Room')] },
        { from: 'site', title: 'Site' },
        { from: 'Value #A', title: 'Verdict', mappings: VERDICT },
        { from: 'Value #B', title: 'Heard', mappings: either('on', 'off') },
        { from: 'Value #C', title: 'Last report', unit: 's' },
        { from: 'Value #D', title: 'Next meeting in', unit: 's' },
        { from: 'Value #E', title: 'Ready for it', mappings: yes('yes', 'no') },
      ],
      sortBy: ['Verdict', 'up'],
      height: 12,
    }))
    .withPanel(states({
      title: 'Verdict over time',
      about: 'How each room stood. Gaps are times without a scrape.',
      unit: 'none',
      queries: { '{{room}}': verdict },
      mappings: VERDICT,
      height: 10,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Upload in the last gate probe',
      about: 'What arrived of the train that was sent; it asks for 5 % more than the requirement, so it says “enough” and not how fast the link is. Lines: 10 Mbit/s (minimum) and 20 Mbit/s (recommended).',
      unit: 'Mbits',
      queries: { '{{room}}': up },
      thresholds: [BAD, [10, 'yellow'], [20, GOOD]],
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Download in the last gate probe',
      about: 'The same towards the room. Line: 20 Mbit/s, in both profiles.',
      unit: 'Mbits',
      queries: { '{{room}}': down },
      thresholds: [BAD, [20, GOOD]],
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Rooms by verdict',
      about: 'How many rooms stood how.',
      unit: 'none',
      queries: {
        ready: count(`${verdict} == 2`),
        'not ready': count(`${verdict} == 0`),
        unknown: count(`${verdict} == 1`),
      },
      min: 0,
      span: 24,
    }));
