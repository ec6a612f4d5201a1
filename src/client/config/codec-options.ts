import type { CodecOptions } from '../../protocol';
import type { Settings } from './options';

/** How PDUs of a connection are written and read. What is longer than the specification allows is warned of elsewhere. */
export function codecOf({ vendorTlvs, addressEncoding }: Settings): CodecOptions {
  return { vendorTlvs, addressEncoding, allowLong: true };
}
