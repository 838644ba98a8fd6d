/**
 * The floors of the house. Imports go down only; a breach fails `npm run lint`.
 * The order of streaming-core's floors is the one in ARCHITECTURE.md.
 */
const core = '^libs/streaming-core/src';
/** From the ground up. A floor may import itself and what lies below it. */
const floors = [
  ['raft'],
  ['ports'],
  ['wire'],
  ['log'],
  ['replica'],
  ['groups', 'security', 'transactions'],
  ['broker'],
  ['client'],
  ['testing', 'nest', 'cli', 'sim'],
];

const floorRules = floors.flatMap((names, level) => {
  const above = floors.slice(level + 1).flat();
  if (above.length === 0) return [];
  return names.map((name) => ({
    name: `streaming-core-${name}-imports-down`,
    comment: `${name}/ may not import the floors above it`,
    severity: 'error',
    from: { path: `${core}/${name}/`, pathNot: '\\.spec\\.ts$' },
    to: { path: `${core}/(${above.join('|')})/` },
  }));
});

module.exports = {
  forbidden: [
    ...floorRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-framework-free',
      comment: 'Nest lives in src/nest only',
      severity: 'error',
      from: { path: core, pathNot: `${core}/nest/` },
      to: { path: '@nestjs/' },
    },
    {
      name: 'client-does-not-reach-into-the-broker',
      comment: 'Apps use the Kafka protocol, never a private shortcut',
      severity: 'error',
      from: { path: `${core}/(client|nest)/`, pathNot: '\\.spec\\.ts$' },
      to: { path: `${core}/(ports|log|replica|groups|security|transactions|broker)/` },
    },
    {
      name: 'nest-speaks-through-the-client',
      comment: 'The wire format is the business of client/ alone',
      severity: 'error',
      from: { path: `${core}/nest/`, pathNot: '\\.spec\\.ts$' },
      to: { path: `${core}/wire/` },
    },
    {
      name: 'raft-imports-nothing',
      comment: 'Consensus is a pure machine: it knows neither our floors nor a package nor the machine it runs on',
      severity: 'error',
      from: { path: `${core}/raft/`, pathNot: '\\.spec\\.ts$' },
      to: { pathNot: `${core}/raft/` },
    },
    {
      name: 'pure-floors-touch-no-world',
      comment: 'Below broker/ the world is reached through ports/ only',
      severity: 'error',
      from: { path: `${core}/(wire|log|replica|groups|security|transactions)/`, pathNot: '\\.spec\\.ts$' },
      to: { path: '^(node:)?(fs|fs/promises|net|http|tls|timers|timers/promises|child_process)$' },
    },
    {
      name: 'ride-domain-is-pure',
      severity: 'error',
      from: { path: '^libs/ride-domain/src', pathNot: '\\.spec\\.ts$' },
      to: { path: '(@nestjs/|^apps/|^libs/(platform|streaming-core)/|node_modules/(typeorm|pg|rxjs)/)' },
    },
    { name: 'libs-do-not-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'streaming-core-stands-alone',
      severity: 'error',
      from: { path: core },
      to: { path: '^(apps|libs/(ride-domain|platform))/' },
    },
    {
      name: 'apps-do-not-import-each-other',
      comment: 'Services speak through the log; the dashboard shares only the gateway protocol',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: ['^apps/$1/', '^apps/dispatch/src/live/protocol\\.ts$'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|^node_modules)' },
    enhancedResolveOptions: { conditionNames: ['source', 'import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
