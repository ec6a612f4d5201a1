// Queues one SMS: node producer.cjs RECIPIENT TEXT [LABEL]. Needs amqplib.
const { connect } = require('amqplib');

const { AMQP_URL = 'amqp://guest:guest@127.0.0.1:5672/%2F', KEY_PREFIX = 'smpp', CLIENT_ID } = process.env;
const [destination_addr, short_message, correlation_id] = process.argv.slice(2);

async function main() {
  const connection = await connect(AMQP_URL);
  const channel = await connection.createConfirmChannel();
  let returned = false;
  channel.on('return', () => (returned = true));
  const message = { version: 1, destination_addr, short_message, correlation_id };
  const options = { contentType: 'application/json', persistent: true, mandatory: true };
  channel.sendToQueue(`${KEY_PREFIX}.${CLIENT_ID}.queue.2`, Buffer.from(JSON.stringify(message)), options);
  await channel.waitForConfirms();
  await connection.close();
  if (returned) throw new Error('there is no such queue: has the connection ever been open?');
  console.log('queued');
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
