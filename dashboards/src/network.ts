// The network: is it one room's line, or the server's?

import { frame, profile, site, toRoom } from './frame';
import { lines, number, states } from './panels';
import { BAD, GOOD, no, yes } from './words';

const count = (series: string) => `count(${series}) or vector(0)`;
const perRoom = (metric: string) => `max by (room, site, direction) (${metric}{site=~"$site"})`;

export const network = () =>
  frame('siaga-network', 'Siaga: network', "Tells a room's fault from the server's: two servers, or many rooms, know more than one link.")
    .withVariable(site())
    .withVariable(profile())
    .withPanel(number({
      title: "Rooms with a fault of their own",
      about: 'Their link is too slow and no other server says otherwise, or no server serves them while most other rooms are served.',
      unit: 'none',
      queries: { '': count('siaga:link_fault{site=~"$site",fault="room"}') },
      thresholds: [GOOD, [1, BAD]],
      span: 8,
    }))
    .withPanel(number({
      title: 'Rooms that suffer from a server',
      about: 'Another server saw the same link pass, or less than half of the rooms are served. With one server and one room nobody can tell.',
      unit: 'none',
      queries: { '': count('siaga:link_fault{site=~"$site",fault="server"}') },
      thresholds: [GOOD, [1, BAD]],
      span: 8,
    }))
    .withPanel(number({
      title: 'Rooms served',
      about: 'Share of the rooms that each probe server served when they asked last.',
      unit: 'percentunit',
      queries: { '{{server}}': 'siaga:server_serves:ratio' },
      thresholds: [BAD, [0.5, 'yellow'], [0.95, GOOD]],
      span: 8,
    }))
    .withPanel(states({
      title: 'Fault of the room',
      about: 'When each room had a fault of its own.',
      unit: 'none',
      queries: { '{{room}}': 'siaga:link_fault{site=~"$site",fault="room"}' },
      mappings: no('', "the room's"),
      links: [toRoom()],
    }))
    .withPanel(states({
      title: 'Served by its servers',
      about: 'Whether each probe server answered and served the room when it was last asked.',
      unit: 'none',
      queries: { '{{room}} at {{server}}': 'min by (room, server) (siaga_probe_server_serves{site=~"$site"})' },
      mappings: yes('served', 'not served'),
      links: [toRoom()],
    }))
    .withPanel(states({
      title: 'Contradicted',
      about: 'A link failed at this server and passed at another one: the fault is on the way to this server, or its own.',
      unit: 'none',
      queries: { '{{room}} at {{server}}': 'max by (room, server) (siaga_probe_server_contradicted{site=~"$site"})' },
      mappings: no('no', 'contradicted'),
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Round trip to each server',
      about: 'When it was last reached.',
      unit: 's',
      queries: { '{{room}} to {{server}}': 'max by (room, server) (siaga_probe_server_rtt_seconds{site=~"$site"})' },
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Round trip of the idle line',
      about: 'By quality probes, every five minutes.',
      unit: 's',
      queries: { '{{room}}': 'max by (room, site) (siaga_quality_rtt_seconds{site=~"$site"})' },
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Loss of the idle line',
      about: 'Share of 200 small packets that were lost. Loss while nothing loads the line is a bad line or bad radio.',
      unit: 'percentunit',
      queries: { '{{room}}, {{direction}}': perRoom('siaga_quality_loss_ratio') },
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Jitter of the idle line',
      about: 'Mean difference of successive delays.',
      unit: 's',
      queries: { '{{room}}, {{direction}}': perRoom('siaga_quality_jitter_seconds') },
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Queue that did not drain',
      about: 'Delay that was left at the end of the last gate probe: the link is slower than what was asked for.',
      unit: 's',
      queries: { '{{room}}, {{direction}}': 'max by (room, site, direction) (siaga_probe_standing_queue_seconds{site=~"$site",mode="gate"})' },
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Delay under load',
      about: '95th percentile of the one-way delay over its minimum, in the last gate probe.',
      unit: 's',
      queries: { '{{room}}, {{direction}}': 'max by (room, site, direction) (siaga_probe_delay_seconds{site=~"$site",mode="gate",percentile="p95"})' },
      min: 0,
      links: [toRoom()],
    }))
    .withPanel(lines({
      title: 'Lines that tire',
      about: 'The rate to which a link fell in the endurance test, once the burst that its provider allows was used up. Lines: 10 and 20 Mbit/s.',
      unit: 'Mbits',
      queries: { '{{room}}, {{direction}}': `${perRoom('siaga_shaper_rate_bytes_per_second')} * 8 / 1e6` },
      thresholds: [BAD, [10, 'yellow'], [20, GOOD]],
      min: 0,
      links: [toRoom()],
      noValue: 'none',
    }))
    .withPanel(lines({
      title: 'What a burst may hold',
      about: 'How much such a link lets through at full speed before it tires.',
      unit: 'decbytes',
      queries: { '{{room}}, {{direction}}': perRoom('siaga_shaper_bucket_bytes') },
      min: 0,
      links: [toRoom()],
      noValue: 'none',
    }));
