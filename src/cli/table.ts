/** A table: a header, then rows in Java's padding, each also an entry for `--json`. */
import type { JsonWritable } from '../remoting/fastjson.ts';
import { type Column, type Output, row } from './output.ts';

export interface TableColumn extends Column {
  title: string;
  /** Name of the value in JSON. */
  key: string;
}

/** Text as it is shown, or with the value that JSON gets instead. */
export type Cell = string | number | { text: string; value: JsonWritable };

export function column(key: string, title: string, width: number, right = false): TableColumn {
  return { key, title, width, right };
}

/** Prints the header; each call of the result prints one row. */
export function startTable(
  out: Output,
  columns: readonly TableColumn[],
  gap = '  ',
): (cells: readonly Cell[]) => void {
  const widths = [...columns];
  const titles = columns.map(({ title }) => title);
  out.line(row(widths, titles, gap));
  return (cells) => {
    const texts = cells.map((cell) => (typeof cell === 'object' ? cell.text : cell));
    out.line(row(widths, texts, gap));
    const values = columns.map(({ key }, index): [string, JsonWritable] => {
      const cell = cells[index];
      return [key, typeof cell === 'object' ? cell.value : (cell ?? null)];
    });
    out.record(Object.fromEntries(values));
  };
}

/** A number with two decimals. */
export function fixed(value: number): Cell {
  return { text: value.toFixed(2), value };
}
