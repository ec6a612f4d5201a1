/** For each alert what fires it and what is near to that and does not: series as promtool writes them, one value a minute. */

export interface Scenario {
  /** Series and values, of two hours at most. */
  readonly fires: Readonly<Record<string, string>>;
  readonly rests: Readonly<Record<string, string>>;
  /** Of the alert that fires, beside `connection` and the severity. */
  readonly labels?: Readonly<Record<string, string>>;
  /** When it is looked at; default 90m. */
  readonly at?: string;
}

const C = 'connection="Carrier"';
const up = `smpp_connection_up{${C}}`;
const wanted = `smpp_connection_wanted{${C}}`;
const oldest = `smpp_queue_oldest_message_age_seconds{${C},backend="disk"}`;
const queued = `smpp_queue_messages{${C},backend="disk",state="queued"}`;
const delayed = `smpp_queue_messages{${C},backend="disk",state="delayed"}`;
const capacity = `smpp_queue_capacity_messages{${C},backend="disk"}`;
const available = `smpp_queue_available{${C},backend="disk"}`;
const failures = (code: string): string => `smpp_message_failures_total{${C},code="${code}"}`;
const accepted = `smpp_messages_accepted_total{${C}}`;
const receipts = (state: string): string => `smpp_receipts_total{${C},state="${state}"}`;
const refused = `smpp_binds_total{${C},command_status="ESME_RINVPASWD"}`;
const sessions = (what: string): string => `smpp_sessions_${what}{${C},bind_type="transceiver"}`;

/** A histogram whose observations all lie between two bounds. */
function observations(name: string, command: string, under: string, over: string): Record<string, string> {
  const bucket = (le: string): string => `${name}_bucket{${C},command="${command}",le="${le}"}`;
  return { [bucket(under)]: '0x120', [bucket(over)]: '0+60x120', [bucket('+Inf')]: '0+60x120' };
}
const request = 'smpp_request_duration_seconds';
const answer = 'smpp_answer_duration_seconds';

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  SmppConnectionDown: {
    fires: { [up]: '1x80 0x40', [wanted]: '1x120' },
    rests: { [up]: '1x40 0 1x20 0x60', [wanted]: '1x60 0x60' },
  },
  SmppBindRefused: {
    fires: { [up]: '0x120', [refused]: '1+1x120' },
    rests: { [up]: '1x120', [refused]: '1+1x120' },
    labels: { command_status: 'ESME_RINVPASWD' },
  },
  SmppSessionsMissing: {
    fires: { [up]: '1x120', [sessions('bound')]: '1x120', [sessions('configured')]: '2x120' },
    rests: { [up]: '1x120', [sessions('bound')]: '2x120', [sessions('configured')]: '2x120' },
  },
  SmppReconnecting: {
    fires: { [`smpp_reconnects_total{${C}}`]: '0+1x120' },
    rests: { [`smpp_reconnects_total{${C}}`]: '0x60 1x60' },
  },
  SmppQueueStuck: {
    fires: { [oldest]: '0+60x120' },
    rests: { [oldest]: '0+60x4 0x120' },
    labels: { backend: 'disk' },
  },
  SmppQueueFilling: {
    fires: { [queued]: '8500x120', [delayed]: '1000x120', [capacity]: '10000x120' },
    rests: { [queued]: '7000x120', [delayed]: '100x120', [capacity]: '10000x120' },
    labels: { backend: 'disk' },
  },
  SmppQueueUnavailable: {
    fires: { [available]: '1x80 0x40' },
    rests: { [available]: '1x120' },
    labels: { backend: 'disk' },
  },
  SmppThrottled: {
    fires: { [`smpp_throttle_pause_seconds_total{${C}}`]: '0+30x120' },
    rests: { [`smpp_throttle_pause_seconds_total{${C}}`]: '0+3x120' },
  },
  SmppMessagesFailing: {
    fires: { [failures('REFUSED')]: '0+10x120', [failures('EXPIRED')]: '0x120', [accepted]: '0+90x120' },
    rests: { [failures('REFUSED')]: '0+1x120', [failures('EXPIRED')]: '0x120', [accepted]: '0+90x120' },
  },
  SmppDeadLetters: {
    fires: { [`smpp_dead_letters{${C},backend="disk"}`]: '3x60 5x60' },
    rests: { [`smpp_dead_letters{${C},backend="disk"}`]: '3x120' },
    labels: { backend: 'disk' },
  },
  SmppSlowResponses: {
    fires: observations(request, 'submit_sm', '2.5', '5'),
    rests: observations(request, 'submit_sm', '0.1', '0.25'),
  },
  SmppRequestTimeouts: {
    fires: { [`smpp_request_timeouts_total{${C},command="submit_sm"}`]: '0+5x120' },
    rests: { [`smpp_request_timeouts_total{${C},command="submit_sm"}`]: '0x60 5x60' },
  },
  SmppDeliveryRateLow: {
    fires: { [receipts('DELIVRD')]: '0+50x120', [receipts('UNDELIV')]: '0+50x120' },
    rests: {
      [receipts('DELIVRD')]: '0+90x120',
      [receipts('UNDELIV')]: '0+10x120',
      [receipts('ENROUTE')]: '0+90x120',
    },
  },
  SmppReceiptsUnmatched: {
    fires: { [`smpp_receipts_unmatched_total{${C}}`]: '0+10x120', [receipts('DELIVRD')]: '0+50x120' },
    rests: { [`smpp_receipts_unmatched_total{${C}}`]: '0+1x120', [receipts('DELIVRD')]: '0+50x120' },
  },
  SmppSlowAnswers: {
    fires: observations(answer, 'deliver_sm', '2.5', '5'),
    rests: observations(answer, 'deliver_sm', '0.1', '0.25'),
  },
  SmppPartsMissing: {
    fires: { [`smpp_reassembly_incomplete_total{${C}}`]: '0+1x120' },
    rests: { [`smpp_reassembly_incomplete_total{${C}}`]: '0x60 1x60' },
  },
};
