import type { Effect } from '../../raft/raft-io.js';
import type { Message } from '../../raft/raft-messages.js';

/** A message in one line, for people. */
export function describeMessage(message: Message): string {
  const head = `${message.from} -> ${message.to} ${message.type} epoch ${message.epoch}`;
  switch (message.type) {
    case 'pre-vote-request':
      return `${head} for ${message.proposedEpoch}, log ${message.tip.epoch}:${message.tip.offset}`;
    case 'vote-request':
      return `${head}, log ${message.tip.epoch}:${message.tip.offset}${message.isTransfer ? ', handed over' : ''}`;
    case 'pre-vote-response':
    case 'vote-response':
      return `${head} ${message.isGranted ? 'yes' : 'no'}`;
    case 'append-request': {
      const starts = message.epochStarts.map(({ epoch, startOffset }) => ` E${epoch}@${startOffset}`).join('');
      const batches = message.batches.map(
        ({ baseOffset, endOffset, epoch }) => ` [${baseOffset},${endOffset})e${epoch}`,
      );
      const { version } = message.memberships.latest;
      const { prev, highWatermark } = message;
      return `${head} after ${prev.epoch}:${prev.offset}${starts}${batches.join('')} members v${version} committed ${highWatermark}`;
    }
    case 'snapshot-request':
      return `${head} log begins ${message.position.epoch}:${message.position.offset}`;
    case 'append-accepted':
      return `${head} has ${message.matchEpoch}:${message.matchOffset} members v${message.matchMembership}`;
    case 'append-rejected':
      return `${head} lacks ${message.prevOffset}, has ${message.diverging.epoch}:${message.diverging.offset}`;
    case 'heartbeat':
      return `${head} round ${message.round} committed ${message.highWatermark}`;
    case 'heartbeat-response':
      return `${head} round ${message.round}`;
    case 'timeout-now':
      return head;
  }
}

/** An effect in one line. */
export function describeEffect(replica: string, effect: Effect): string {
  switch (effect.type) {
    case 'save-vote':
      return `${replica} saves epoch ${effect.epoch}, vote ${effect.votedFor ?? 'none'}`;
    case 'truncate':
      return `${replica} cuts its log to ${effect.endOffset}`;
    case 'save-epochs':
      return `${replica} saves epochs${effect.epochs.map(({ epoch, startOffset }) => ` E${epoch}@${startOffset}`).join('')}`;
    case 'save-memberships': {
      const { committed, latest } = effect.memberships;
      const learners = latest.learners.length > 0 ? ` learners ${latest.learners.join(' ')}` : '';
      return `${replica} saves members v${latest.version}: ${latest.voters.join(' ')}${learners} (committed v${committed.version})`;
    }
    case 'install-snapshot':
      return `${replica} begins its log anew at ${effect.position.offset}`;
    case 'append':
      return `${replica} writes${effect.batches.map(({ baseOffset, endOffset, epoch }) => ` [${baseOffset},${endOffset})e${epoch}`).join('')}`;
    case 'send':
      return `${replica} sends ${describeMessage(effect.message)}`;
    case 'read':
      return `${replica} reads from ${effect.fromOffset} for ${effect.replica}`;
    case 'read-snapshot':
      return `${replica} takes a snapshot for ${effect.replica}`;
    case 'high-watermark':
      return `${replica} knows ${effect.offset} as committed`;
    case 'role':
      return `${replica} is ${effect.role} in epoch ${effect.epoch}${effect.role === 'follower' ? ` of ${effect.leader ?? 'nobody'}` : ''}`;
    case 'membership-committed':
      return `${replica} has committed members v${effect.membership.version}`;
    case 'membership-refused':
      return `${replica} refuses the change: ${effect.reason}`;
    case 'transfer-ended':
      return `${replica} ${effect.reason === null ? 'asks' : 'gives up on'} ${effect.to} to take over${effect.reason ? `: ${effect.reason}` : ''}`;
    case 'read-ready':
      return `${replica} answers read ${effect.id} up to ${effect.highWatermark}`;
    case 'read-refused':
      return `${replica} refuses read ${effect.id}: ${effect.reason}`;
  }
}
