import { existsSync } from 'node:fs';

if (!existsSync(new URL('../node_modules/@swc/core', import.meta.url))) {
  console.error('The dependencies are not installed: run `npm ci` first.');
  process.exit(1);
}
// npm scripts run on the Node that `npm ci` brought (node_modules/.bin/node). Where that platform has no such package,
// the machine's own Node is used, and it must be recent enough.
const needed = [22, 22];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `Ridestream needs Node ${needed.join('.')} or later to run, and this is Node ${process.versions.node}.\n` +
      'On Linux x64 and arm64, Intel macOS and Windows x64 `npm ci` brings a suitable Node by itself: run it with ' +
      'optional dependencies on. Elsewhere install Node 24 (https://nodejs.org) and try again.',
  );
  process.exit(1);
}
