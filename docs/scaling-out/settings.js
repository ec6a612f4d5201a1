// Settings of both Node-REDs.
module.exports = {
  flowFile: 'flows.json',
  // flows_cred.json names environment variables and holds no secrets: nothing to encrypt.
  credentialSecret: false,
  uiHost: process.env.UI_HOST,
  uiPort: process.env.PORT || 1880,
  // Where the package was not installed into the user directory: see start.sh.
  nodesDir: process.env.SMPP_PACKAGE ? [process.env.SMPP_PACKAGE] : undefined,
  // A deploy waits for the responses that are still to come, `drainTimeout` of the connection.
  nodeCloseTimeout: 15_000,
};
