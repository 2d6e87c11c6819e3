-- common/uninstall - removes what the adapters share.  The triggers go with notify_change().
drop function if exists adapter_watch(text, text, text, text, text[]), adapter_condition(text, text, text),
    adapter_equal(text, text, text, text, text, text), adapter_type(text, text), adapter_voicemail(text), adapter_mailbox(text), adapter_mailbox_context(text), adapter_rows(text, text[]), adapter_changed(text, text), adapter_table(text), adapter_relation(text),
    adapter_decode(text), adapter_decode_slowly(text), adapter_codecs(text), adapter_email(text), adapter_caller_e164(text), adapter_e164(text),
    adapter_caller_name(text), adapter_caller_number(text), adapter_text(text), adapter_truth(text, boolean);
