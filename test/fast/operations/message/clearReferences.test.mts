import { orClearReferences } from '../../../../nodes/ModicaWhatsApp/operations/message/clearReferences';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { perItem, type Operation } from '../../../../nodes/ModicaWhatsApp/operations/operation';
import { contextOf, itemOf, jobsOf } from '../../../harness/operation.mts';

/** Sends, or clears the references instead; told apart by the jobs that come of it. */
const operation: Operation = { ...send, jobs: orClearReferences(perItem(({ index }) => ({ targets: [{ item: index, to: 'somebody' }], run: async () => await Promise.resolve([]) }))) };
const ON = { clearReferences: true };
const targetsOf = (...options: unknown[]) => jobsOf(operation, options.map((each, index) => itemOf(send, { options: each }, index)), contextOf({})).jobs.map(({ targets }) => targets);

const CLEARS = [[{ item: 0 }, { item: 1 }]];
const SENDS = [[{ item: 0, to: 'somebody' }], [{ item: 1, to: 'somebody' }]];

describe('clearing references', () => {
	it.each([
		['of a run that is to clear', [ON, {}], CLEARS],
		['of a run whose items all say that they are no dry run', [{ ...ON, dryRun: false }, { ...ON, dryRun: 'false' }], CLEARS],
		['of no run whose first item says nothing of it', [{}, ON], SENDS],
		['of no dry run', [{ ...ON, dryRun: true }, { ...ON, dryRun: true }], SENDS],
	])('takes the place of sending, %s', (_when, options, targets) => {
		expect(targetsOf(...options)).toEqual(targets);
	});

	it.each([
		[true, false],
		[false, true],
	])('is refused where only some items are a dry run: %s, %s', (...each) => {
		expect(() => targetsOf(...each.map((dryRun) => ({ ...ON, dryRun })))).toThrow(
			"Clear Sent References 'true' is on for items of which some are a dry run. Turn one of the two off.",
		);
	});

	it('is nothing for no items', () => {
		expect(targetsOf()).toEqual([]);
	});

	it('tells each item that its message was not sent', async () => {
		const context = contextOf({});
		await context.store.record(['sale']);
		const { jobs } = jobsOf(operation, [itemOf(send, { options: ON }, 4), itemOf(send, { options: ON }, 5)], context);
		const results = await jobs[0]?.run();
		expect(results?.map(({ item }) => item)).toEqual([4, 5]);
		expect([...context.store.keys]).toEqual([]);
	});
});
