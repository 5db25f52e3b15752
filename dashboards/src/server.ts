// The probe server: does it keep up, and is it well?

import { frame, server as aServer } from './frame';
import { lines, number, states } from './panels';
import { BAD, CALM, GOOD, no, yes } from './words';

const it = 'instance="$server"';
const rate = (metric: string, by: string) => `sum by (${by}) (rate(${metric}{${it}}[$__rate_interval]))`;
const mbits = (metric: string) => `sum by (direction) (${metric}{${it}}) * 8 / 1e6`;

export const server = () =>
  frame('siaga-server', 'Siaga: probe server', 'Whether the probe server keeps up with its rooms, and what it refuses.')
    .withVariable(aServer())
    .withPanel(number({
      title: 'Answers',
      about: 'Whether the last scrape succeeded.',
      unit: 'none',
      queries: { '': `max(up{${it},job="siaga-server"})` },
      mappings: yes('yes', 'no'),
    }))
    .withPanel(number({
      title: 'Rooms heard',
      about: 'Rooms whose link stands now.',
      unit: 'none',
      queries: { '': `sum(siaga_server_rooms_online{${it}})` },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Rooms known',
      about: 'Rooms that were ever heard of and are not forgotten.',
      unit: 'none',
      queries: { '': `sum(siaga_server_rooms_known{${it}})` },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Own certificate',
      about: 'Time until the certificate runs out that rooms see; they come no longer then.',
      unit: 's',
      queries: { '': `min(siaga_server_certificate_expiry_timestamp_seconds{${it}}) - time()` },
      thresholds: [BAD, [14 * 86400, 'yellow'], [30 * 86400, GOOD]],
    }))
    .withPanel(number({
      title: 'Store',
      about: 'What is used of rooms.sqlite, and how large it may become (store.max_size).',
      unit: 'decbytes',
      queries: {
        used: `sum(siaga_server_store_bytes{${it}})`,
        'may become': `sum(siaga_server_store_max_bytes{${it}})`,
      },
      thresholds: [CALM],
    }))
    .withPanel(number({
      title: 'Known askers',
      about: 'Rooms and networks whose day is accounted for. At 131072 a newcomer is told to come back.',
      unit: 'none',
      queries: { '': `sum(siaga_server_known_askers{${it}})` },
      thresholds: [CALM, [100_000, BAD]],
    }))
    .withPanel(states({
      title: 'In order',
      about: 'What has to be 1: the last new certificate or configuration was taken over, revocations and bookings can be read.',
      unit: 'none',
      queries: {
        'configuration taken over': `min(siaga_server_reload_successful{${it}})`,
        'revocations readable': `min(siaga_server_revocations_readable{${it}})`,
        'bookings readable': `min(siaga_bookings_readable{${it}})`,
      },
      mappings: yes('yes', 'no'),
      span: 12,
    }))
    .withPanel(states({
      title: 'Holds itself to blame',
      about: 'While it does, it begins no check before a meeting and withdraws nothing. Each start counts for three minutes.',
      unit: 'none',
      queries: { '{{fault}}': `max by (fault) (siaga_server_fault{${it}})` },
      mappings: no('no', 'yes'),
      span: 12,
    }))
    .withPanel(lines({
      title: 'Probes asked for',
      about: 'By answer. Busy is put off, not refused.',
      unit: 'reqps',
      queries: { '{{answer}}': rate('siaga_server_probe_requests_total', 'answer') },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Why not',
      about: 'taken: the line is full; late: this machine is too slow; the others are faults of who asks.',
      unit: 'reqps',
      queries: { '{{reason}}': `${rate('siaga_server_probe_refusals_total', 'reason')} > 0` },
      min: 0,
      noValue: 'none',
    }))
    .withPanel(lines({
      title: 'Granted, by purpose',
      about: 'Routine probes, probes that staff wait for, probes for bookings.',
      unit: 'reqps',
      queries: { '{{purpose}}': rate('siaga_server_probe_grants_total', 'purpose') },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Running and waiting',
      about: 'Probes that run now, and rooms that were told a turn. A queue that is never empty means that the line is too narrow.',
      unit: 'none',
      queries: {
        'running, {{purpose}}': `sum by (purpose) (siaga_server_leases{${it}})`,
        'waiting, {{purpose}}': `sum by (purpose) (siaga_server_queue{${it}})`,
      },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Rate that is granted',
      about: 'Sum of the rates of the probes that run, and what may be granted together, by direction seen from the room.',
      unit: 'Mbits',
      queries: {
        'granted, {{direction}}': mbits('siaga_server_granted_bytes_per_second'),
        'share, {{direction}}': mbits('siaga_server_share_bytes_per_second'),
      },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Traffic of probes',
      about: 'IP bytes of all probes, by direction seen from the room.',
      unit: 'Mbits',
      queries: { '{{direction}}': `${rate('siaga_server_probe_bytes_total', 'direction')} * 8 / 1e6` },
      min: 0,
    }))
    .withPanel(lines({
      title: 'How late senders wake',
      about: '99th percentile of the last second. From 5 ms on no probe begins.',
      unit: 's',
      queries: { '99th percentile': `max(siaga_server_pacer_lateness_seconds{${it}})` },
      thresholds: [GOOD, [0.005, BAD]],
      min: 0,
    }))
    .withPanel(lines({
      title: 'Late wakes',
      about: 'Share of the wakes of senders that were later than 5 ms.',
      unit: 'percentunit',
      queries: {
        late: `sum(rate(siaga_server_pacer_wakes_total{${it},late="true"}[$__rate_interval])) / sum(rate(siaga_server_pacer_wakes_total{${it}}[$__rate_interval]))`,
      },
      thresholds: [GOOD, [0.01, BAD]],
      min: 0,
    }))
    .withPanel(lines({
      title: 'Up trains judged',
      about: 'By verdict. Many inconclusive ones at once point to the server, many failures to a line that rooms share.',
      unit: 'reqps',
      queries: { '{{verdict}}': rate('siaga_server_up_verdicts_total', 'verdict') },
      min: 0,
    }))
    .withPanel(lines({
      title: 'Links and certificates refused',
      about: "Links of rooms that were ended for what came over them or not taken, enrolments that were refused, and certificates for HTTPS that could not be used; within the time shown.",
      unit: 'none',
      queries: {
        'link: {{reason}}': `sum by (reason) (increase(siaga_server_links_refused_total{${it}}[$__range])) > 0`,
        'enrolment: {{answer}}': `sum by (answer) (increase(siaga_server_enrolments_total{${it}}[$__range]))`,
        'certificate for HTTPS': `sum(increase(siaga_server_https_certificates_refused_total{${it}}[$__range]))`,
      },
      min: 0,
    }));
