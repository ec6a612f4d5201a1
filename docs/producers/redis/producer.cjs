// Queues one SMS: node producer.cjs RECIPIENT TEXT [LABEL]. Needs @redis/client, or redis, which has the same face.
const { createClient } = require('@redis/client');

const { REDIS_URL = 'redis://127.0.0.1:6379', KEY_PREFIX = 'smpp', CLIENT_ID } = process.env;
const [destination_addr, short_message, correlation_id] = process.argv.slice(2);

async function main() {
  if (!CLIENT_ID) throw new Error('CLIENT_ID is not set');
  const client = createClient({ url: REDIS_URL, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined); // Calls reject with it as well.
  await client.connect();
  const message = { version: 1, destination_addr, short_message, correlation_id };
  console.log(
    await client.xAdd(`${KEY_PREFIX}:{${CLIENT_ID}}:queue:2`, '*', { json: JSON.stringify(message) }),
  );
  await client.close();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
