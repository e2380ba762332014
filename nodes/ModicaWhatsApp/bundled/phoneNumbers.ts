/** The mobile numbers of all countries, by the rules that Google keeps. */
export { getCountries, getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/mobile';
