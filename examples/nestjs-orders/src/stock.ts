import { Injectable } from '@nestjs/common';

/** Pieces on the shelf. Stands for a table that notes which orders were taken from it. */
@Injectable()
export class Stock {
  readonly #pieces = new Map([['chair', 10]]);
  readonly #taken = new Set<string>();

  pieces(article: string): number {
    return this.#pieces.get(article) ?? 0;
  }

  /** Takes pieces for an order, once however often it is asked. */
  take(orderId: string, article: string, count: number): void {
    if (this.#taken.has(orderId)) return;
    this.#taken.add(orderId);
    this.#pieces.set(article, this.pieces(article) - count);
  }
}
