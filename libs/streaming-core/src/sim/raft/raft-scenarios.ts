import type { RaftLab } from './raft-lab.js';

export interface Scenario {
  readonly name: string;
  readonly voters: number;
  readonly play: (lab: RaftLab) => void;
}

/** The classic scenarios as scripts; their traces are the text files in fixtures/. */
export const RAFT_SCENARIOS: readonly Scenario[] = [
  { name: 'election', voters: 3, play: election },
  { name: 'split-vote', voters: 4, play: splitVote },
  { name: 'figure-8', voters: 5, play: figure8 },
  { name: 'partitioned-leader', voters: 3, play: partitionedLeader },
  { name: 'disruptive-server', voters: 3, play: disruptiveServer },
  { name: 'leadership-transfer', voters: 3, play: leadershipTransfer },
  { name: 'membership-change', voters: 3, play: membershipChange },
  { name: 'emptied-disk', voters: 3, play: emptiedDisk },
];

function election(lab: RaftLab): void {
  lab.note('The first to lose patience asks for an election, wins it, and begins epoch 0 without writing a record.');
  lab.timeout(1);
  lab.deliver();
  lab.note('A record is committed when a majority has it on disk, not before.');
  lab.write(1);
  lab.deliver();
  lab.note('The followers hear of it with the next heartbeat.');
  lab.tick(1, 60);
  lab.deliver();
}

function splitVote(lab: RaftLab): void {
  lab.note('Two ask at the same time and get two votes each: nobody leads epoch 0.');
  lab.timeout(1);
  lab.tick(2, 0);
  lab.deliver();
  lab.note('The next to lose patience wins epoch 1.');
  lab.timeout(3);
  lab.deliver();
}

/** Raft paper, Figure 8, with offsets: what a majority has of an older epoch is not committed by that. */
export function figure8(lab: RaftLab): void {
  lab.note('(a) 1 leads epoch 0. Record 0 is everywhere; records 1 and 2 reach 2 only.');
  lab.timeout(1);
  lab.deliver();
  lab.write(1);
  lab.deliver();
  lab.cut(1, 2);
  lab.write(1);
  lab.write(1);
  lab.deliver();
  lab.note('(b) 1 crashes. 5 leads epoch 1 by the votes of 3 and 4, writes another record 1, and crashes.');
  lab.crash(1);
  lab.cut(2);
  lab.timeout(5);
  lab.deliverUntil(() => lab.nodes.get(5)!.state.role.name === 'leader');
  lab.write(5);
  lab.sync(5);
  lab.lose();
  lab.crash(5);
  lab.note(
    '(c) 1 leads epoch 2 by the votes of 2 and 3, and gives record 1 to 3: now a majority has it. It is of epoch 0, though.',
  );
  lab.restart(1);
  lab.cut(4);
  lab.timeout(1);
  lab.deliver();
  lab.timeout(1);
  lab.deliverUntil(
    ({ type, to }) => type === 'append-request' && to === '3/a' && lab.nodes.get(3)!.disk.endOffset === 2n,
  );
  lab.sync(3);
  lab.deliverUntil(({ type, from }) => type === 'append-accepted' && from === '3/a');
  lab.lose();
  lab.note(
    '(d) 1 crashes before 3 has the start of epoch 2. 5 leads epoch 3 by the votes of 3 and 4, and its record 1 takes the place.',
  );
  lab.crash(1);
  lab.restart(5);
  lab.cut();
  lab.timeout(5);
  lab.deliver();
  lab.timeout(5);
  lab.deliver();
}

function partitionedLeader(lab: RaftLab): void {
  lab.timeout(1);
  lab.deliver();
  lab.note('1 is cut off. It goes on writing; nobody confirms.');
  lab.cut(1);
  lab.write(1);
  lab.deliver();
  lab.note('2 and 3 elect 2, which commits a record of its own.');
  lab.timeout(2);
  lab.deliver();
  lab.write(2);
  lab.deliver();
  lab.note('1 asks to be confirmed for a read, gets no answer, and stops to lead: check quorum.');
  lab.step(1, { type: 'confirm-read', id: 1 });
  lab.deliver();
  lab.tick(1, 60);
  lab.note('The cut heals: what 1 wrote alone gives way.');
  lab.cut();
  lab.tick(2, 60);
  lab.deliver();
  lab.tick(2, 100);
  lab.deliver();
}

function disruptiveServer(lab: RaftLab): void {
  lab.timeout(1);
  lab.deliver();
  lab.note('3 is cut off and loses patience, again and again: its epoch stays. 1 and 2 hear of each other.');
  lab.cut(3);
  for (let round = 0; round < 8; round++) {
    lab.tick(1, 120);
    lab.deliver();
    lab.tick(3, 0);
  }
  lab.lose();
  lab.note('3 is back and asks before it hears of 1: nobody who hears a leader says yes, and 1 leads on.');
  lab.cut();
  lab.nodes.get(3)!.state.electionDeadlineMs = 0;
  lab.tick(3, 50);
  lab.deliver();
  lab.tick(1, 60);
  lab.deliver();
}

function leadershipTransfer(lab: RaftLab): void {
  lab.timeout(1);
  lab.deliver();
  lab.note('1 hands over to 2, which lacks a record: first it gets the record, then it is asked to stand.');
  lab.write(1);
  lab.step(1, { type: 'transfer-leadership', to: '2/a' });
  lab.deliver();
}

function membershipChange(lab: RaftLab): void {
  lab.timeout(1);
  lab.deliver();
  lab.write(1);
  lab.deliver();
  lab.note('4 joins as a learner and is caught up; a change before the last one is committed is refused.');
  lab.add(4, 'a');
  lab.step(1, { type: 'change-membership', change: { type: 'add-learner', replica: '4/a' } });
  lab.step(1, { type: 'change-membership', change: { type: 'remove', replica: '3/a' } });
  lab.deliver();
  lab.note('It gets its vote.');
  lab.step(1, { type: 'change-membership', change: { type: 'promote-learner', replica: '4/a' } });
  lab.deliver();
  lab.note('1 removes itself: it leads until that is committed, by the others alone.');
  lab.step(1, { type: 'change-membership', change: { type: 'remove', replica: '1/a' } });
  lab.deliver();
  lab.timeout(2);
  lab.deliver();
}

function emptiedDisk(lab: RaftLab): void {
  lab.timeout(1);
  lab.deliver();
  lab.note('1 and 2 commit a record; 3 is away.');
  lab.cut(3);
  lab.write(1);
  lab.deliver();
  lab.note(
    '2 comes back with an empty disk, 1 is down. Under its old name 2 would now give 3 a majority without the record.',
  );
  lab.crash(1);
  lab.add(2, 'b');
  lab.cut();
  lab.timeout(3);
  lab.deliver();
  lab.note('1 is back and leads. 2/b is a learner, is caught up, and takes the place of 2/a.');
  lab.restart(1);
  lab.timeout(1);
  lab.deliver();
  lab.step(1, { type: 'change-membership', change: { type: 'add-learner', replica: '2/b' } });
  lab.deliver();
  lab.step(1, { type: 'change-membership', change: { type: 'remove', replica: '2/a' } });
  lab.deliver();
  lab.step(1, { type: 'change-membership', change: { type: 'promote-learner', replica: '2/b' } });
  lab.deliver();
}
