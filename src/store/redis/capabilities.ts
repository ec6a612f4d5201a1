import { BUILT_IN } from '../base-queue';

export const REDIS = { ...BUILT_IN, durable: true, shared: true, extend: true };
