import { SmppError } from '../../protocol';
import type { Backend } from '../backend';
import { BUILT_IN } from '../base-queue';

export const rabbitmqBackend: Backend = {
  label: '',
  hint: '',
  reads: [],
  capabilities: { ...BUILT_IN, durable: true, shared: true },
  open: () => Promise.reject(new SmppError('QUEUE_UNAVAILABLE', 'not built yet')),
};
