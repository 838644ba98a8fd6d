import { AclAuthorizer } from '../security/acl-authorizer.js';
import { parseSuperUsers } from '../security/principal.js';
import { BrokerConfigError, type BrokerConfig } from './config.js';

/** Who may do what: the rules and credentials of the cluster. */
export class Security {
  /** Null while `authorizer.class.name` is not set: everybody may do everything. */
  readonly authorizer: AclAuthorizer | null;

  /** @throws {BrokerConfigError} */
  constructor(config: BrokerConfig) {
    this.authorizer = config.text('authorizer.class.name') === '' ? null : newAuthorizer(config);
  }
}

function newAuthorizer(config: BrokerConfig): AclAuthorizer {
  try {
    return new AclAuthorizer({
      superUsers: parseSuperUsers(config.text('super.users')),
      allowEveryoneIfNoAclFound: config.flag('allow.everyone.if.no.acl.found'),
    });
  } catch (error) {
    throw new BrokerConfigError(`super.users: ${(error as Error).message}`);
  }
}
