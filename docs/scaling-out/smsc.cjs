// The SMSC of start.sh: the package's simulator, on SMPP_PORT. It says what it took from which bind.
const { Smsc } = require('@nazjs/node-red-smpp/simulator');

async function main() {
  const smsc = new Smsc({ port: Number(process.env.SMPP_PORT ?? 2775) });
  const { port } = await smsc.start();
  console.log(`The simulator listens on ${port}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void smsc.stop());
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
