/**
 * The other end of the rate bench: a simulated SMSC in a process of its own, that tells its port, and for each second
 * how many submits came and how many of them it refused. Takes its rules as JSON.
 */
import { Smsc, type Rule } from '../../src/simulator';

async function main(): Promise<void> {
  const smsc = new Smsc({
    port: 0,
    receiptDelay: 3600,
    rules: JSON.parse(process.argv[2] ?? '[]') as Rule[],
  });
  const arrivals: { at: number; refused: boolean }[] = [];
  smsc.on('submit', () => arrivals.push({ at: performance.now(), refused: false }));
  smsc.on('refused', () => arrivals.push({ at: performance.now(), refused: true }));
  const { port } = await smsc.start();
  process.send?.({ port });
  process.on('message', () => process.send?.({ arrivals }));
  process.on('disconnect', () => process.exit());
}

void main();
