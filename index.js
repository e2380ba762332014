// The classes of this package, for code that requires it by name.
module.exports = {
	...require('./dist/credentials/ModicaWhatsAppApi.credentials'),
	...require('./dist/nodes/ModicaWhatsApp/ModicaWhatsApp.node'),
	...require('./dist/nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node'),
};
