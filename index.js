// Everything this package gives n8n, for anyone who requires it by name.
module.exports = {
	...require('./dist/credentials/ModicaWhatsAppApi.credentials'),
	...require('./dist/nodes/ModicaWhatsApp/ModicaWhatsApp.node'),
	...require('./dist/nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node'),
};
