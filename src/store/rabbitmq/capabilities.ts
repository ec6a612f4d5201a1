import type { StoreCapabilities } from '../types';

export const RABBITMQ: StoreCapabilities = {
  durable: true,
  shared: true,
  extend: false,
  delay: true,
  atomicSettle: false,
  segmentState: false,
};
