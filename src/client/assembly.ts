import { canSubmit, type Session } from '../session';
import type { WireRecorder } from '../recorder';
import type { KnownStates, QueueItem } from '../store';
import { CongestionReporter } from './events/congestion-reporter';
import { EventReporter } from './events/reporter';
import { codecOf } from './config/codec-options';
import { Events } from './events/emitter';
import type { ConnectionState } from './events/events';
import { Expiry } from './outbound/expiry';
import { expose } from './client-gauges';
import { Health } from './health';
import { Homing } from './outbound/homing';
import { withoutKey } from './message/idempotency';
import { Intake } from './message/intake';
import { KeyRecords } from './outbound/key-records';
import { Lifecycle } from './lifecycle';
import { LinkReporter } from './events/link-reporter';
import { recorderOf, traceOf } from './recording';
import { lineEndsOf, type Settings } from './config/options';
import { backendName } from './plugins/backend-options';
import { normalise } from './plugins/normalise';
import type { SmppClientOptions } from './plugins/client-options';
import { Outcomes } from './outbound/outcomes';
import { openParts, type OpenParts } from './plugins/parts';
import { RouteQuality } from './quality/route-quality';
import { Receiving } from './inbound/receiving';
import { StatusReporter } from './report';
import { hearOthers } from './sharing';
import { DirectRequests } from './outbound/direct-requests';
import { Dispatcher } from './outbound/dispatcher';
import { Managing } from './outbound/managing';
import { dispatcherListener } from './dispatcher-listener';
import { Dialogues } from './ussd';
import { Sender } from './outbound/sender';
import { ConnectionManager } from './connection/connection-manager';

/** What a client consists of, wired together. */
export interface Assembly {
  readonly settings: Settings;
  readonly parts: OpenParts;
  readonly events: Events;
  readonly reporter: EventReporter;
  readonly outcomes: Outcomes;
  readonly receiving: Receiving;
  readonly dispatcher: Dispatcher;
  readonly connections: ConnectionManager;
  readonly sender: Sender;
  readonly dialogues: Dialogues;
  readonly life: Lifecycle;
  readonly recorder: WireRecorder;
  readonly status: StatusReporter;
  readonly health: Health;
  /** Of each session that is bound from now on. */
  readonly window: { size: number };
  readonly state: () => ConnectionState;
}

/** Throws {@link ConfigError} with everything that is wrong with the options. Opens no connection. */
export function assemble(options: SmppClientOptions): Assembly {
  const settings = normalise(options);
  const parts = openParts(options, settings, {
    onDropped: (items, states) => dropped(items, states),
    prepare: async (message) => withoutKey(await intake.prepare(message, {})),
    refused: (item, reason) => void reporter.failed(item, reason, undefined),
    away: (failure) => {
      reporter.queueAway(failure);
      if (failure) health.queueAway(failure);
    },
  });
  const { store, clock, log } = parts;
  const window = { size: settings.windowSize };
  const events = new Events(log);
  const dialogues = new Dialogues({ ...parts, settings, events });
  const intake = new Intake({ ...parts, settings, state: store.state, sessions: dialogues });
  const reporter = new EventReporter(events, log, clock, codecOf(settings));
  const links = new LinkReporter({ events, clock, log, codec: codecOf(settings) });
  const recorder = recorderOf({ ...parts, settings });
  const quality = new RouteQuality({ settings, events, clock, isExposed: parts.metrics !== undefined });
  const homing = new Homing(parts);
  const records = new KeyRecords({ ...parts, settings });
  const outcomes = new Outcomes(clock, settings.maxWaiting, settings.receiptPerMessage);
  const receiving: Receiving = new Receiving({
    ...parts,
    settings,
    events,
    outcomes,
    homing,
    quality,
    dialogues,
    recorder,
    acceptances: () => dispatcher.acceptances,
  });
  const listener = dispatcherListener({
    ...parts,
    reporter,
    outcomes,
    receiving,
    quality,
    dialogues,
    recorder,
    sender: () => sender,
  });
  const isSessionOver = (item: QueueItem): boolean => dialogues.isOver(item);
  const dispatcher: Dispatcher = new Dispatcher({
    ...parts,
    settings,
    listener,
    homing,
    keys: records,
    dropped: (id) => managing.dropped(id),
    isSessionOver,
  });
  const congestion = new CongestionReporter(events);
  const connections: ConnectionManager = new ConnectionManager({
    ...parts,
    settings,
    reporter,
    handlers: (session, place) => {
      const trace = traceOf(links, recorder, session, place);
      return {
        request: (pdu, octets) => receiving.request(pdu, octets, session()),
        resized: congestion.session(place.number),
        malformed: (command, octets, problem) => receiving.malformed(command, octets, problem, session()),
        get trace() {
          return trace();
        },
      };
    },
    state: () => state(),
    bound: (session) => bound(session),
    drain: (session) => life.drain([session], receiving.leave(session)),
  });
  const direct = new DirectRequests({
    ...parts,
    settings,
    outcomes,
    reporter,
    session: () => connections.sending,
    throttled: (status) => dispatcher.askedForLess(status),
  });
  const managing: Managing = new Managing({
    ...parts,
    direct,
    dispatcher: () => dispatcher,
    acceptances: () => dispatcher.acceptances,
  });
  const sender: Sender = new Sender({
    ...parts,
    intake,
    outcomes,
    records,
    reporter,
    capacity: settings.queueCapacity,
    queued: (items) => {
      expiry.note(items);
      parts.counters?.queued(items.length);
      // Others that share the queue may send.
      if (settings.bindType === 'receiver' && !store.capabilities.shared) reporter.queuedInVain();
    },
    ask: (request, options) =>
      request.pdu === undefined
        ? managing.ask(request, options)
        : direct.waiting(() => direct.ask(request, options)),
    notQueued: (items) => dialogues.notQueued(items),
    failed: (item, reason) => dialogues.failed(item, reason),
  });
  const expiry = new Expiry({
    queue: store.queue,
    clock,
    log,
    idle: () => !dispatcher.gate.isOpen || !connections.sending,
    dispatcher,
  });
  const own = { outcomes, dispatcher, reporter, receiving, sender, homing, managing, dialogues };
  const life: Lifecycle = new Lifecycle({
    ...own,
    settings,
    lineEnds: lineEndsOf(options),
    open: parts,
    connections,
    expiry,
    conceal: () => {
      conceal();
      quality.stop();
    },
  });
  const status = new StatusReporter({ ...parts, ...own });
  hearOthers({ ...parts, ...own });
  const now = {
    status,
    events,
    clock,
    isUp: () => connections.state === 'bound' || connections.state === 'listening',
    isWanted: () => connections.wanted,
    isThrottled: () => dispatcher.gate.isThrottled,
    connected: () => ({ state: state(), windowSize: window.size, ...connections.parties }),
  };
  const health = new Health(now);
  const conceal = expose({
    ...parts,
    ...now,
    receiving,
    quality,
    settings,
    backend: backendName(options, settings),
  });

  function state(): ConnectionState {
    const { state: links } = connections;
    if (links === 'disconnected' || links === 'connecting' || links === 'listening') return links;
    if (dispatcher.gate.paused) return 'paused';
    return links === 'bound' && dispatcher.gate.isThrottled ? 'throttled' : links;
  }

  function bound(session: Session): void {
    session.resizeWindow(window.size);
    // One that comes up while all are being taken down is not to take messages.
    if (canSubmit(session.state) && !life.isDisconnecting) dispatcher.open(session);
  }

  function dropped(items: readonly QueueItem[], states?: KnownStates): void {
    const text = 'dropped from the full queue to make room for newer ones (whenFull: drop-oldest)';
    dispatcher.disposition.removed(items, { code: 'QUEUE_FULL', text }, states);
    reporter.queue({ state: 'dropped', queued: settings.queueCapacity, removed: items.length });
  }

  return {
    settings,
    parts,
    events,
    reporter,
    outcomes,
    receiving,
    dispatcher,
    connections,
    sender,
    dialogues,
    life,
    recorder,
    status,
    health,
    window,
    state,
  };
}
