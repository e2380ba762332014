/** Draws the charts of docs/benchmarks.md from its tables, each in a light and a dark version. */
import { init, type EChartsOption } from 'echarts';

const FOLDER = 'docs/images/benchmarks';
const THEMES = {
	light: { text: '#1f2328', line: '#d1d9e0', ours: '#1a7f37', others: '#8c959f', bad: '#cf222e', missing: '#eaeef2' },
	dark: { text: '#f0f6fc', line: '#3d444d', ours: '#3fb950', others: '#9198a1', bad: '#f85149', missing: '#262c36' },
};
type Theme = (typeof THEMES)['light'];
const SIZE = { width: 800, height: 280 };

interface Line {
	who: string;
	result: string;
}

interface Series {
	name: string;
	colors: string | readonly string[];
	values: readonly number[];
}

/** The rows of a table for a test. @throws Error if there are none, because the page has changed */
function linesOf(page: string, section: string, work: string): Line[] {
	const [, table = ''] = page.split(`\n## ${section}\n`);
	const lines = (table.split('\n## ')[0] ?? '')
		.split('\n')
		.map((line) => line.split('|').map((cell) => cell.trim()))
		.filter(([, what]) => what === work)
		.map(([, , who = '', result = '']) => ({ who, result }));
	if (lines.length === 0) throw new Error(`The section "${section}" has no test "${work}"`);
	return lines;
}

/** The number before a word, or the middle of a range. */
function numberBefore(text: string, unit: string): number {
	const [, from = '', to = from] = new RegExp(`(\\d[\\d.,]*)(?:–(\\d[\\d.,]*))?\\s*${unit}`).exec(text) ?? [];
	const value = (Number(from.replace(',', '')) + Number(to.replace(',', ''))) / 2;
	if (from === '' || Number.isNaN(value)) throw new Error(`No number before "${unit}" in "${text}"`);
	return value;
}

function draw(title: string, unit: string, names: readonly string[], series: readonly Series[], theme: Theme): string {
	const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
	const text = { color: theme.text, fontFamily: 'system-ui, sans-serif' };
	const option: EChartsOption = {
		animation: false,
		title: { text: title, left: 0, textAlign: 'left', textStyle: { ...text, fontSize: 16 } },
		// A fixed width, because ECharts computes the width of texts for another font.
		legend: series.length > 1 ? { top: 36, left: 0, itemGap: 24, textStyle: { ...text, width: 190 } } : { show: false },
		grid: { left: 260, right: 80, top: series.length > 1 ? 64 : 44, bottom: 28 },
		xAxis: { type: 'value', name: unit, nameTextStyle: text, axisLabel: text, splitLine: { lineStyle: { color: theme.line } } },
		yAxis: { type: 'category', inverse: true, data: [...names], axisLabel: { ...text, fontSize: 13 }, axisLine: { lineStyle: { color: theme.line } }, axisTick: { show: false } },
		series: series.map(({ name, colors, values }) => ({
			name,
			type: 'bar' as const,
			stack: 'all',
			color: typeof colors === 'string' ? colors : undefined,
			data: values.map((value, index) => ({ value, itemStyle: { color: typeof colors === 'string' ? colors : colors[index] } })),
			label: { show: series.length === 1, position: 'right' as const, ...text, fontSize: 13 },
		})) as EChartsOption['series'],
	};
	chart.setOption(option);
	const svg = chart.renderToSVGString();
	chart.dispose();
	return svg;
}

const isOurs = (who: string) => /^this package|^Modica/.test(who);
const byOwner = (lines: readonly Line[], { ours, others }: Theme) => lines.map(({ who }) => (isOurs(who) ? ours : others));

/** The functions that draw the charts, by file name. */
const CHARTS: Record<string, (page: string, theme: Theme) => string> = {
	'rate-limit': (page, theme) => {
		const lines = linesOf(page, 'Rate limits', '1,000 messages, 50/s, fixed window').filter(({ who }) => who !== 'this package, limit configured');
		const twice = lines.map(({ result }) => numberBefore(result, 'duplicates'));
		const once = lines.map(({ result }, index) => numberBefore(result, 'delivered') - (twice[index] ?? 0));
		return draw('1,000 messages through a rate limit of 50 per second', 'messages', lines.map(({ who }) => who.replace(', limit from the API', '')), [
			{ name: 'Customers reached', colors: theme.ours, values: once },
			{ name: 'Customers not reached', colors: theme.missing, values: once.map((reached) => 1_000 - reached) },
			{ name: 'Duplicates', colors: theme.bad, values: twice },
		], theme);
	},
	'cost-per-item': (page, theme) => {
		const lines = linesOf(page, 'Time per item', '1,000 messages, no rate limit, 0 ms latency').filter(({ who }) => !who.includes('bare client'));
		return draw('Time per message, without a rate limit', 'ms', lines.map(({ who }) => who), [
			{ name: 'ms', colors: byOwner(lines, theme), values: lines.map(({ result }) => numberBefore(result, 'ms per item')) },
		], theme);
	},
	callbacks: (page, theme) => {
		const lines = linesOf(page, 'Callbacks', '300 callbacks, 20 concurrent, each starts an execution, with `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE`');
		return draw('Callbacks that start a workflow, with N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE', 'per second', lines.map(({ who }) => who), [
			{ name: 'per second', colors: byOwner(lines, theme), values: lines.map(({ result }) => numberBefore(result, '/s')) },
		], theme);
	},
	memory: (page, theme) => {
		const lines = linesOf(page, 'Memory', '10,000 messages in a new n8n process: memory');
		return draw('Peak memory for 10,000 messages', 'MB', lines.map(({ who }) => who.replace(' concurrent requests', ' at once')), [
			{ name: 'MB', colors: byOwner(lines, theme), values: lines.map(({ result }) => numberBefore(result, 'MB')) },
		], theme);
	},
};

/** The charts of a page as SVG, by file. */
export function chartsOf(page: string): Record<string, string> {
	return Object.fromEntries(
		Object.entries(CHARTS).flatMap(([name, chart]) => Object.entries(THEMES).map(([mode, theme]) => [`${FOLDER}/${name}-${mode}.svg`, `${chart(page, theme)}\n`])),
	);
}
