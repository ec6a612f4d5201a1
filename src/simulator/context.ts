import type { Clock } from '../clock';
import type { Emitter } from '../observability';
import type { Alerts } from './alerts';
import type { PartJoiner } from './content';
import type { DeliveryQueue } from './delivery-queue';
import type { SmscEvents, SmscSession } from './events';
import type { MessageStore } from './message-store';
import type { SmscSettings } from './options';
import type { Faults, LinkEffect } from './rules';
import type { Scheduler } from './scheduler';
import type { UssdPhones } from './ussd';

/** What the links of one SMSC share. */
export interface SmscContext {
  readonly settings: SmscSettings;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly events: Emitter<SmscEvents>;
  readonly scheduler: Scheduler;
  readonly messages: MessageStore;
  readonly deliveries: DeliveryQueue;
  readonly parts: PartJoiner;
  readonly alerts: Alerts;
  readonly phones: UssdPhones;
  /** The next message's number as digits, or what the option messageId makes of it. */
  nextMessageId(): string;
}

/** The link that a request came over. */
export interface SmscLink extends SmscSession {
  /** Does to the link what a rule says. */
  perform(act: LinkEffect): void;
}
