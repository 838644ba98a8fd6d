import { securityFromEnv, securityFromFile, type ConnectionSecurity } from '../client/security.js';

let chosen: ConnectionSecurity | undefined;

/** Once, before a command runs: a file of properties as Kafka's tools take it, else KAFKA_* variables. @throws {ClientSecurityError} */
export function chooseSecurity(commandConfig: string | undefined): void {
  chosen = commandConfig === undefined ? securityFromEnv() : securityFromFile(commandConfig);
}

/** How this run of the command line reaches the cluster. */
export function commandSecurity(): { readonly security?: ConnectionSecurity } {
  return chosen === undefined ? {} : { security: chosen };
}
