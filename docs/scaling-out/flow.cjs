// Writes flows.json and flows_cred.json into a user directory: the example "several Node-REDs" with Redis, at an SMSC
// that SMPP_HOST and SMPP_PORT name in place of its simulator.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const example = join(__dirname, '..', '..', 'examples', '14-several-node-reds-redis.json');
const [userDir = '.'] = process.argv.slice(2);
const flows = [];
const secrets = {};

for (const { credentials, ...node } of JSON.parse(readFileSync(example, 'utf8'))) {
  if (node.type === 'smpp-simulator') continue;
  if (node.type === 'smpp-config') Object.assign(node, { host: '${SMPP_HOST}', port: '${SMPP_PORT}' });
  // Names of environment variables, no secrets: see settings.js.
  if (credentials) secrets[node.id] = credentials;
  flows.push(node);
}
writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows, undefined, 2));
writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(secrets, undefined, 2));
