"""What a trainee hands in besides the repair: answers and an intervention report, kept on the trainee's machine."""
