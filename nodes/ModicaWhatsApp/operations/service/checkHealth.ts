import { perItem, type Operation } from '../operation';

export const checkHealth: Operation = {
	option: {
		name: 'Check Health',
		action: 'Check service health',
		description: 'Check whether the API is available and accepts the credential',
	},
	fields: [],
	maxConcurrency: 1,
	jobs: perItem((item, { api }) => ({
		run: async () => {
			await api.checkAccess();
			return [{ item: item.index, json: { healthy: true } }];
		},
	})),
};
