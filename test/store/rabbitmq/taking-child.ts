import { ids, take } from '../../../src/store/conformance/harness';
import { openRabbit } from './setup';

/** Takes what there is, says so, and keeps it until it is killed. */
async function main(): Promise<void> {
  const [url = '', clientId = ''] = process.argv.slice(2);
  const store = await openRabbit({ url, clientId });
  for (;;) process.stdout.write(`${ids(await take(store, 5, 60_000)).join(' ')}\n`);
}

void main();
