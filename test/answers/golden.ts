import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answers } from './ask.ts';

const GOLDEN_FILE = fileURLToPath(new URL('__golden__/apache-kafka.json', import.meta.url));

interface Golden {
  /** Of Apache Kafka. */
  readonly version: string;
  readonly answers: Answers;
}

/** What Apache Kafka answered when it was last asked. In the file, versions with the same answer share it. */
export function readGolden(): Golden {
  const { version, answers } = JSON.parse(readFileSync(GOLDEN_FILE, 'utf8')) as Golden;
  const spread = Object.entries(answers).map(([name, byVersions]) => [
    name,
    Object.fromEntries(
      Object.entries(byVersions).flatMap(([versions, answer]) => versions.split(' ').map((each) => [each, answer])),
    ),
  ]);
  return { version, answers: Object.fromEntries(spread) as Answers };
}

export function writeGolden({ version, answers }: Golden): string {
  const shared = Object.entries(answers).map(([name, byVersion]) => {
    const versions = new Map<string, string[]>();
    for (const [each, answer] of Object.entries(byVersion)) {
      const text = JSON.stringify(answer);
      versions.set(text, [...(versions.get(text) ?? []), each]);
    }
    return [
      name,
      Object.fromEntries([...versions].map(([text, those]) => [those.join(' '), JSON.parse(text) as unknown])),
    ];
  });
  writeFileSync(
    GOLDEN_FILE,
    `${JSON.stringify({ version, answers: Object.fromEntries(shared) as Answers }, null, 1)}\n`,
  );
  return GOLDEN_FILE;
}
