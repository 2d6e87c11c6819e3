-- asterisk-pjsip/uninstall - removes the adapter's functions.  The triggers go with notify_change().
drop function if exists asterisk_pjsip(text[]), asterisk_pjsip_watch();
