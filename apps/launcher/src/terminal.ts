import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** What the person at the terminal reads: steps with their time, then one line with the URL, then only what matters. */
export class Terminal {
  private readonly startedAt = performance.now();

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {}

  step(text: string): void {
    this.line(`${this.style('dim', this.elapsed())}  ${text}`);
  }

  ready(url: string, details: readonly (readonly [string, string])[]): void {
    this.line('');
    this.line(`${this.style(['bold', 'green'], 'The city is alive:')} ${this.style(['bold', 'underline'], url)}`);
    this.line('');
    for (const [what, where] of details) this.line(this.style('dim', `  ${what.padEnd(15)} ${where}`));
    this.line(this.style('dim', '  Ctrl-C stops it; the next start goes on from there.'));
    this.line('');
  }

  notice(text: string): void {
    this.line(`${this.style('dim', this.elapsed())}  ${this.style('yellow', text)}`);
  }

  error(text: string): void {
    process.stderr.write(`\n${this.style('red', text)}\n`);
  }

  raw(text: string): void {
    this.out.write(text);
  }

  private line(text: string): void {
    this.out.write(`${text}\n`);
  }

  private elapsed(): string {
    return `${((performance.now() - this.startedAt) / 1000).toFixed(1).padStart(6)} s`;
  }

  private style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.out, validateStream: true });
  }
}
