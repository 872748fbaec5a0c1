import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Plot, plotSvg, short } from '../../bench/plot.ts';

function plot(log: boolean, ...medians: number[]): Plot {
  const bars = medians.map((median, index) => ({
    series: `broker ${index}`,
    spread: { median, min: median * 0.9, max: median * 1.2, runs: 5 },
  }));
  const groups = [{ name: 'load', bars }];
  return { title: 'CPU <of> one', unit: 'CPU-s', better: 'lower', log, groups };
}

/** Heights of the bars; the background and the legend have other widths. */
function heights(svg: string): number[] {
  return [...svg.matchAll(/width="28" height="([\d.]+)"/g)].map(([, height]) => Number(height));
}

test('linear bars are as high as their values, logarithmic ones as their powers of ten', () => {
  const [low = 0, high = 0] = heights(plotSvg(plot(false, 10, 40)));
  assert.ok(Math.abs(high / low - 4) < 0.01, `${low} and ${high}`);
  const [one = 0, ten = 0, hundred = 0] = heights(plotSvg(plot(true, 5, 50, 500)));
  assert.ok(one > 0);
  assert.ok(Math.abs(hundred - ten - (ten - one)) < 0.5, `${one}, ${ten}, ${hundred}`);
});

test('everything is inside the picture and whiskers reach from min to max', () => {
  for (const log of [false, true]) {
    const svg = plotSvg(plot(log, 0.004, 3, 12_345));
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
    for (const [, x, y] of svg.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)) {
      assert.ok(Number(x) >= 0 && Number(x) <= Number(width), `x ${x}`);
      assert.ok(Number(y) >= 0 && Number(y) <= Number(height), `y ${y}`);
    }
    assert.not.match(svg, /NaN|Infinity|undefined/);
  }
});

test('words are escaped, and what is no number leaves its place empty', () => {
  const svg = plotSvg(plot(true, Number.NaN, 3));
  assert.match(svg, /CPU &#60;of&#62; one/);
  assert.is(heights(svg).length, 1);
  assert.not.match(svg, /NaN/);
  assert.match(plotSvg(plot(true)), /<\/svg>/);
});

test('figures are short', () => {
  assert.equal([0.12345, 12.345, 1234.5, 12_345, 2_345_678].map(short), [
    '0.123',
    '12.3',
    '1230',
    '12.3k',
    '2.35M',
  ]);
});

test.run();
