import { orClearReferences } from '../../../../nodes/ModicaWhatsApp/operations/message/clearReferences';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { perItem, type Operation } from '../../../../nodes/ModicaWhatsApp/operations/operation';
import { contextOf, itemOf, jobsOf } from '../../../harness/operation.mts';

/** Sends, or clears the references. The resulting jobs show which. */
const operation: Operation = { ...send, jobs: orClearReferences(perItem(({ index }) => ({ targets: [{ item: index, to: 'somebody' }], run: async () => await Promise.resolve([]) }))) };
const ON = { clearReferences: true };
const targetsOf = (...options: unknown[]) => jobsOf(operation, options.map((each, index) => itemOf(send, { options: each }, index)), contextOf({})).jobs.map(({ targets }) => targets);

const CLEARS = [[{ item: 0 }, { item: 1 }]];
const SENDS = [[{ item: 0, to: 'somebody' }], [{ item: 1, to: 'somebody' }]];

describe('Clear Sent References', () => {
	it.each([
		['if the first item sets it', [ON, {}], CLEARS],
		['if all items explicitly turn Dry Run off', [{ ...ON, dryRun: false }, { ...ON, dryRun: 'false' }], CLEARS],
		['but not if the first item does not set it', [{}, ON], SENDS],
		['but not in a dry run', [{ ...ON, dryRun: true }, { ...ON, dryRun: true }], SENDS],
	])('replaces sending, %s', (_when, options, targets) => {
		expect(targetsOf(...options)).toEqual(targets);
	});

	it.each([
		[true, false],
		[false, true],
	])('is rejected if only some items are a dry run: %s, %s', (...each) => {
		expect(() => targetsOf(...each.map((dryRun) => ({ ...ON, dryRun })))).toThrow(
			"Clear Sent References 'true' cannot be combined with 'Dry Run' for only some items. Turn off one of the two.",
		);
	});

	it('does nothing without items', () => {
		expect(targetsOf()).toEqual([]);
	});

	it('reports for each item that its message was not sent', async () => {
		const context = contextOf({});
		await context.store.record(['sale']);
		const { jobs } = jobsOf(operation, [itemOf(send, { options: ON }, 4), itemOf(send, { options: ON }, 5)], context);
		const results = await jobs[0]?.run();
		expect(results?.map(({ item }) => item)).toEqual([4, 5]);
		expect([...context.store.keys]).toEqual([]);
	});
});
