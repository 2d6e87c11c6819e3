-- asterisk-sip/uninstall - removes the adapter's functions.  The triggers go with notify_change().
drop function if exists asterisk_sip(text[]), asterisk_sip_watch();
