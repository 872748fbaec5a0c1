/**
 * Bars of medians with whiskers from the smallest to the largest run, as SVG text.
 *
 * Own, because a plot library is larger than this project's whole benchmark. Refuses nothing: a
 * bar whose value is not a number is left out, and its place stays empty.
 */
import type { Spread } from './statistics.ts';

export interface Bar {
  series: string;
  spread: Spread;
}

export interface Plot {
  title: string;
  unit: string;
  better: 'lower' | 'higher';
  /** A logarithmic axis; bars then begin at the power of ten below the smallest value. */
  log: boolean;
  groups: readonly { name: string; bars: readonly Bar[] }[];
}

const palette = ['#1b6ca8', '#d1782f', '#8a8a8a', '#5b8c3a', '#8a4f9e', '#b03a48'];
const barWidth = 34;
const groupGap = 36;
const plotHeight = 260;
const margin = { left: 84, right: 20, top: 76, bottom: 44 };

export function plotSvg(plot: Plot): string {
  const series = [...new Set(plot.groups.flatMap(({ bars }) => bars.map((bar) => bar.series)))];
  const scale = scaleOf(plot);
  const y = (value: number): number => margin.top + plotHeight * (1 - scale.share(value));
  let x = margin.left + groupGap / 2;
  const marks: string[] = [];
  for (const { name, bars } of plot.groups) {
    const width = Math.max(bars.length, 1) * barWidth;
    bars.forEach((bar, index) => {
      if (!Number.isFinite(bar.spread.median)) return;
      const color = palette[series.indexOf(bar.series) % palette.length] ?? '#000';
      marks.push(...barMarks(bar, x + index * barWidth, y, color));
    });
    marks.push(text(x + width / 2, margin.top + plotHeight + 20, name, 'middle'));
    x += width + groupGap;
  }
  const keyWidth = margin.left + series.reduce((sum, name) => sum + 40 + name.length * 8, 0);
  const titleWidth = margin.left + plot.title.length * 10;
  const width = Math.max(x - groupGap / 2 + margin.right, keyWidth, titleWidth, 360);
  const height = margin.top + plotHeight + margin.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${height}" ` +
      `width="${round(width)}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<g font-size="16" font-weight="bold">${text(12, 24, plot.title, 'start')}</g>`,
    text(12, 42, `${plot.unit}; ${plot.better} is better; whiskers: min and max`, 'start'),
    ...legend(series),
    ...axis(scale, y, width - margin.right),
    ...marks,
    '</svg>\n',
  ].join('\n');
}

function barMarks({ spread }: Bar, x: number, y: (v: number) => number, color: string): string[] {
  const top = y(spread.median);
  const foot = margin.top + plotHeight;
  const middle = x + barWidth / 2;
  const line = (x1: number, y1: number, x2: number, y2: number): string =>
    `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="#222"/>`;
  const [low, high] = [y(spread.min), y(spread.max)];
  return [
    `<rect x="${round(x + 3)}" y="${round(top)}" width="${barWidth - 6}" ` +
      `height="${round(Math.max(foot - top, 0))}" fill="${color}"/>`,
    line(middle, low, middle, high),
    ...[low, high].map((at) => line(middle - 5, at, middle + 5, at)),
    `<g font-size="10">${text(middle, high - 5, short(spread.median), 'middle')}</g>`,
  ];
}

function legend(series: string[]): string[] {
  let x = 12;
  return series.map((name, index) => {
    const color = palette[index % palette.length] ?? '#000';
    const key = `<rect x="${x}" y="52" width="12" height="12" fill="${color}"/>`;
    const label = text(x + 17, 62, name, 'start');
    x += 40 + name.length * 7;
    return key + label;
  });
}

interface Scale {
  ticks: number[];
  /** 0 at the axis's foot, 1 at its top. */
  share(value: number): number;
}

function scaleOf(plot: Plot): Scale {
  const spreads = plot.groups.flatMap(({ bars }) => bars.map((bar) => bar.spread));
  const values = spreads.flatMap(({ min, max }) => [min, max]).filter(Number.isFinite);
  const top = Math.max(...values, 0) || 1;
  const positive = values.filter((value) => value > 0);
  if (plot.log && positive.length > 0) {
    // A smallest value that is a power of ten itself would be a bar without height.
    const low = Math.ceil(Math.log10(Math.min(...positive))) - 1;
    const high = Math.max(Math.ceil(Math.log10(top)), low + 1);
    const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
    const clamp = (value: number): number => Math.log10(Math.max(value, 10 ** low));
    return { ticks, share: (value) => (clamp(value) - low) / (high - low) };
  }
  const step = 10 ** Math.floor(Math.log10(top));
  const factor = [0.2, 0.5, 1, 2].find((each) => top / (step * each) <= 6) ?? 2;
  const count = Math.ceil(top / (step * factor));
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step * factor);
  return { ticks, share: (value) => value / (count * step * factor) };
}

function axis(scale: Scale, y: (value: number) => number, right: number): string[] {
  return scale.ticks.flatMap((tick) => [
    `<path d="M${margin.left} ${round(y(tick))}H${round(right)}" stroke="#ddd"/>`,
    text(margin.left - 8, y(tick) + 4, short(tick), 'end'),
  ]);
}

function text(x: number, y: number, words: string, anchor: string): string {
  const escaped = words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped}</text>`;
}

/** Three digits that count, thousands with a k, millions with an M. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
