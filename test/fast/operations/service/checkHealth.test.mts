import { checkHealth } from '../../../../nodes/ModicaWhatsApp/operations/service/checkHealth';
import { contextOf, itemOf, jobsOf } from '../../../harness/operation.mts';

describe('Check Health', () => {
	it('sends one check per item, and reports an API that is available and accepts the login', async () => {
		let checks = 0;
		const context = contextOf({ checkAccess: async () => void (await Promise.resolve(checks++)) });
		const { jobs } = jobsOf(checkHealth, [itemOf(checkHealth, {}, 4), itemOf(checkHealth, {}, 5)], context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 4 }], [{ item: 5 }]]);
		expect(await jobs[0]?.run()).toEqual([{ item: 4, json: { healthy: true } }]);
		expect(checks).toBe(1);
	});

	it('fails with the error of the API', async () => {
		const context = contextOf({ checkAccess: async () => await Promise.reject(new Error('no access')) });
		await expect(jobsOf(checkHealth, [itemOf(checkHealth, {})], context).jobs[0]?.run()).rejects.toThrow('no access');
	});
});
