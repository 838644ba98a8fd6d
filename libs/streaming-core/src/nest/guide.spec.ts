import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
/** Where the guide's files would lie: packages are found as from here. */
const PLACE = path.join(import.meta.dirname, 'guide');

describe('docs/nestjs.md', () => {
  it('holds TypeScript that compiles', () => {
    const guide = readFileSync(path.join(ROOT, 'docs/nestjs.md'), 'utf8');
    const files = new Map(
      [...guide.matchAll(/^```ts file=(\S+)\n([^]*?)^```$/gm)].map(([, name, text]) => [
        path.join(PLACE, name!),
        text!,
      ]),
    );
    expect(files.size).toBe(guide.match(/^```ts/gm)?.length);
    expect(files.size).toBeGreaterThan(8);
    const config = ts.getParsedCommandLineOfConfigFile(
      path.join(ROOT, 'tsconfig.base.json'),
      {},
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
          throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
        },
      },
    )!;
    const host = ts.createCompilerHost(config.options);
    const { fileExists, readFile, getSourceFile } = host;
    host.directoryExists = (name) => name === PLACE || ts.sys.directoryExists(name);
    host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
    host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
    host.getSourceFile = (name, ...rest) => {
      const text = files.get(name);
      return text === undefined
        ? getSourceFile.call(host, name, ...rest)
        : ts.createSourceFile(name, text, {
            languageVersion: ts.ScriptTarget.ES2024,
            impliedNodeFormat: ts.ModuleKind.ESNext,
          });
    };
    const program = ts.createProgram([...files.keys()], config.options, host);
    const problems = [...files.keys()].flatMap((name) => {
      const file = program.getSourceFile(name);
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
        ({ messageText, start }) =>
          `${path.basename(name)}:${file!.getLineAndCharacterOfPosition(start ?? 0).line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    });
    expect(problems).toEqual([]);
  }, 60_000);
});
