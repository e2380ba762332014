/** Parses the mobile numbers of all countries with Google's numbering rules. */
export { getCountries, getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/mobile';
