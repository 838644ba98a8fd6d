import { idSchema } from '@ridestream/ride-domain/events/common';
import type { Namespace, Socket } from 'socket.io';
import { z } from 'zod';
import type { Message, Recipient } from '../core/messages.js';

/** `rider:<id>` or `driver:<id>`. */
export const recipientSchema = z.string().transform((text, context): Recipient => {
  const [role, id, ...rest] = text.split(':');
  if ((role === 'rider' || role === 'driver') && rest.length === 0 && idSchema.safeParse(id).success) {
    return `${role}:${id ?? ''}`;
  }
  context.addIssue({ code: 'custom', message: 'must be rider:<id> or driver:<id>' });
  return z.NEVER;
});

export const subscribeSchema = z.strictObject({ recipient: recipientSchema });

export type SubscribeAnswer =
  | { readonly ok: true; readonly recipient: Recipient; /** Newest first. */ readonly recent: readonly Message[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface ClientToServerEvents {
  /** Once per socket, and within seconds: `{ recipient: 'rider:r-17' }`. */
  subscribe: (request: unknown, reply: (answer: SubscribeAnswer) => void) => void;
}

export interface ServerToClientEvents {
  /** May come twice, also among `recent`: `key` tells. */
  notification: (message: Message) => void;
}

export type NotificationsNamespace = Namespace<ClientToServerEvents, ServerToClientEvents>;
export type NotificationsSocket = Socket<ClientToServerEvents, ServerToClientEvents>;
