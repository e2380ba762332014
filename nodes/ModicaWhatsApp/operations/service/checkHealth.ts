import { perItem, type Operation } from '../operation';

export const checkHealth: Operation = {
	option: {
		name: 'Check Health',
		action: 'Check the health of the service',
		description: 'Find out whether Modica’s API is up and lets this credential in',
	},
	fields: [],
	maxConcurrency: 1,
	jobs: perItem((item, { api }) => ({
		run: async () => {
			await api.checkHealth();
			return [{ item: item.index, json: { healthy: true } }];
		},
	})),
};
