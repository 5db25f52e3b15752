// One room: what was found, when, and what its link and its devices are like.

import { frame, profile, room as aRoom, site } from './frame';
import { lines, number, states, table } from './panels';
import { BAD, CALM, CHECK, GOOD, VERDICT, either, yes } from './words';

const it = 'room="$room"';
const mbits = (metric: string, more: string) => `max by (mode) (${metric}{${it},${more}}) * 8 / 1e6`;
const rate = 'siaga_probe_delivered_bytes_per_second';
const target = 'siaga_probe_target_bytes_per_second';

export const room = () =>
  frame('siaga-room', 'Siaga: room', 'One room: verdict, checks, link and devices.')
    .withVariable(site())
    .withVariable(aRoom())
    .withVariable(profile())
    .withPanel(number({
      title: 'Verdict',
      about: 'How the room stands against the profile now.',
      unit: 'none',
      queries: { '': `siaga:room_verdict{${it},profile="$profile"}` },
      mappings: VERDICT,
      noValue: 'no scrape',
    }))
    .withPanel(number({
      title: 'Granted',
      about: 'What a booking system gets that gates on siaga:room_ready.',
      unit: 'none',
      queries: { '': `max(siaga:room_ready{${it},profile="$profile"}) or vector(0)` },
      mappings: yes('yes', 'no'),
    }))
    .withPanel(number({
      title: 'Heard',
      about: 'Whether the link to the probe server stands. Switched off is nothing bad as long as no meeting is near.',
      unit: 'none',
      queries: { '': `max(siaga_room_online{${it}})` },
      mappings: either('on', 'off'),
      noValue: 'not through a server',
    }))
    .withPanel(number({
      title: 'Last report',
      about: 'How long ago the server last heard of the room.',
      unit: 's',
      queries: { '': `max(siaga_room_last_report_age_seconds{${it}})` },
      noValue: 'not through a server',
    }))
    .withPanel(number({
      title: 'Next meeting',
      about: 'When the next approved meeting within a week begins.',
      unit: 'dateTimeFromNow',
      queries: { '': `max(siaga_next_booking_start_timestamp_seconds{${it}}) * 1000` },
      noValue: 'none',
    }))
    .withPanel(number({
      title: 'Ready for it',
      about: 'Whether the room is ready now for the profile of that meeting.',
      unit: 'none',
      queries: { '': `max(siaga_next_booking_ready{${it}})` },
      mappings: yes('yes', 'no'),
      noValue: 'none',
    }))
    .withPanel(states({
      title: 'Checks',
      about: "The checks of the room's own profile. What a failed one means and what to do stands on the room's page.",
      unit: 'none',
      queries: { '{{check}}': `siaga:room_check{${it}}` },
      mappings: CHECK,
      height: 11,
    }))
    .withPanel(lines({
      title: 'Upload',
      about: 'What arrived of the last trains, a second long (gate) or half a minute (sustain), and what was asked for. Lines: 10 Mbit/s (minimum) and 20 Mbit/s (recommended).',
      unit: 'Mbits',
      queries: {
        'arrived, {{mode}}': mbits(rate, 'direction="up"'),
        'required, {{mode}}': mbits(target, 'direction="up"'),
      },
      thresholds: [BAD, [10, 'yellow'], [20, GOOD]],
      min: 0,
    }))
    .withPanel(lines({
      title: 'Download',
      about: 'The same towards the room. Line: 20 Mbit/s, in both profiles.',
      unit: 'Mbits',
      queries: {
        'arrived, {{mode}}': mbits(rate, 'direction="down"'),
        'required, {{mode}}': mbits(target, 'direction="down"'),
      },
      thresholds: [BAD, [20, GOOD]],
      min: 0,
    }))
    .withPanel(lines({
      title: 'Loss under load',
      about: 'Share of the packets of the last trains that were lost.',
      unit: 'percentunit',
      queries: { '{{direction}}, {{mode}}': `max by (direction, mode) (siaga_probe_loss_ratio{${it}})` },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Round trip',
      about: 'To the probe server, while nothing loads the link and while a train does. A large difference is a queue that fills.',
      unit: 's',
      queries: {
        '{{load}}, {{mode}}': `max by (load, mode) (siaga_probe_rtt_seconds{${it}})`,
        'idle, quality': `max(siaga_quality_rtt_seconds{${it}})`,
      },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Age of the evidence',
      about: 'How old what each check rests on is. What has grown too old is unknown.',
      unit: 's',
      queries: { '{{check}}': `max by (check) (siaga_check_age_seconds{${it}})` },
      min: 0,
    }))
    .withPanel(lines({
      title: 'How long checks take',
      about: 'The last look behind each check, whatever came of it.',
      unit: 's',
      queries: { '{{check}}': `max by (check) (siaga_check_duration_seconds{${it}})` },
      min: 0,
    }))
    .withPanel(table({
      title: 'Devices',
      about: 'What the last scan found; nothing once that is too old.',
      unit: 'none',
      queries: { '': `max by (kind, name, usb_id, state) (siaga_device_info{${it}})` },
      columns: [
        { from: 'kind', title: 'Kind' },
        { from: 'name', title: 'Name' },
        { from: 'usb_id', title: 'USB' },
        { from: 'state', title: 'State' },
      ],
      span: 12,
    }))
    .withPanel(table({
      title: 'Devices that are missing',
      about: 'What was found good before and is not there.',
      unit: 'none',
      queries: { '': `max by (kind, name) (siaga_device_missing{${it}})` },
      columns: [
        { from: 'kind', title: 'Kind' },
        { from: 'name', title: 'Name' },
      ],
      span: 12,
    }))
    .withPanel(lines({
      title: 'Probes within the time shown',
      about: 'By kind and verdict, counted up to each moment.',
      unit: 'none',
      queries: { '{{mode}}: {{verdict}}': `max by (mode, verdict) (increase(siaga_probes_total{${it}}[$__range]))` },
      min: 0,
    }))
    .withPanel(lines({
      title: 'What probes cost',
      about: 'IP bytes within the last 24 hours. By default a room spends at most 250 MB a day, 40 MB on a metered link.',
      unit: 'decbytes',
      queries: { '{{direction}}': `max by (direction) (increase(siaga_probe_bytes_total{${it}}[24h]))` },
      thresholds: [CALM, [250e6, BAD]],
      min: 0,
    }));
